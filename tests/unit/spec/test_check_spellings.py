"""What is said of checks that are written wrongly."""

import pytest


def complaint_of(engine, check):
    """About the only check of a request; it stands in line 6, from column 7 on."""
    return engine.complaint(
        f"""
        - name: s
          url: http://x/
          validations:
          - {check}
        """
    )


@pytest.mark.parametrize(
    ("check", "place", "said"),
    [
        (
            "match: [$.a, 5]",
            "6:20",
            "expect must be a mapping or a list, a part of what is there, got 5 (a number); write eq",
        ),
        (
            "match: [$.a, {}]",
            "6:20",
            "expect is a mapping without anything, which is part of every one",
        ),
        (
            "match: [$.a, []]",
            "6:20",
            "expect is a list without anything, which is part of every one",
        ),
        (
            "match: [$, {a: 1, items: []}]",
            "6:25",
            "at .items: an empty list is part of every list; for none write is_empty with its path, as in is_empty: $.items",
        ),
        (
            "match: [$.a, [{b: 1}, {}]]",
            "6:29",
            "at [1]: an empty mapping is part of every mapping",
        ),
        (
            "each: [$.a, [{match: [$, {b: {}}]}]]",
            "6:33",
            "at .b: an empty mapping is part of every mapping",
        ),
        (
            "match: {a: 1}",
            "6:14",
            "the short form is 'match: [path, {key: value}]' or 'match: [path, {key: value}, description]', got a mapping",
        ),
        ("eq: [7, $.id]", "6:11", "got a list; the path comes first: eq: [$.id, 7]"),
        (
            "{type: eq, path: 7, expect: 1}",
            "6:24",
            'a path is text such as $.code, got 7; a variable is compared with assert: "${name} == 200"',
        ),
        ("match: [$.a]", "6:14", "'match' needs an expected value: 'match: [path, {key: value}]'"),
        (
            "match: [$.a, {b: 1}, {c: 1}]",
            "6:28",
            "after what 'match' expects stands a description; write 'match: [path, {key: value}]'",
        ),
        ("matchs: [$.a, {b: 1}]", "6:7", "no check 'matchs'; did you mean 'matches' or 'match'?"),
        (
            "{type: match, path: $.a, expect: {b: 1}, exepct: 1}",
            "6:48",
            "unknown key 'exepct'; did you mean 'expect'",
        ),
        ("{type: match, expect: {b: 1}}", "6:7", "'match' needs a path"),
        ('match: ["$.a[", {b: 1}]', "6:15", "the path '$.a[' cannot be read"),
        (
            "same_members: [$.a, 5]",
            "6:27",
            "expect must be a list of all members, in any order, got 5 (a number)",
        ),
        (
            "same_members: [$.a, {b: 1}]",
            "6:27",
            'expect must be a list of all members, in any order, got {"b":1} (a mapping)',
        ),
        (
            "same_members: [1, 2]",
            "6:21",
            "the short form is 'same_members: [path, [one, other, …]]'",
        ),
        (
            "same_members: [$.a, 1, 2]",
            "6:30",
            "after what 'same_members' expects stands a description",
        ),
        (
            "{assert: '${uid} == 7', path: $.a}",
            "6:31",
            "'assert' in short takes no key beside it, nor 'path' in full: it takes condition, description",
        ),
        (
            "{each: [$.a, [{exists: $}]], min: 3}",
            "6:36",
            "'each' in short takes no key beside it; more keys need the long form {type: each, path: …, sub_validations: …, min: …}",
        ),
        (
            "{match: [$.a, {b: 1}], strict: true}",
            "6:30",
            "'match' in short takes no key beside it; more keys need the long form {type: match, path: …, expect: …, strict: …}",
        ),
        (
            "{match: [$.a, {b: 1}], strickt: true}",
            "6:30",
            "'match' in short takes no key beside it, and no check has a key 'strickt'; did you mean 'strict'?",
        ),
        (
            "{strict: true, eq: [$.a, 1]}",
            "6:8",
            "more keys need the long form {type: eq, path: …, expect: …, strict: …}",
        ),
        (
            "{eq: [$.a, 1], ne: [$.b, 2]}",
            "6:22",
            "'eq' in short takes no key beside it; write each check with its own '-'",
        ),
        ("same_member: [$.a, [1]]", "6:7", "no check 'same_member'; did you mean 'same_members'"),
        (
            "{type: same_members, path: $.a}",
            "6:7",
            "'same_members' needs expect: the value to compare with",
        ),
        (
            "{type: same_members, path: $.a, expect: [1], sub_validations: []}",
            "6:69",
            "'same_members' takes no sub_validations; and, or, not, each do",
        ),
        (
            "each: [$.items, {gt: [$.price, 0]}]",
            "6:23",
            "'each' takes a list of checks, each with its own '-': each: [$.items, [{gt: [$.price, 0]}]]",
        ),
        (
            "each: [{gt: [$.price, 0]}]",
            "6:13",
            "the short form is 'each: [$.items, [{gt: [$.price, 0]}]]', got a list; with min it is {type: each, path: $.items, min: 0, sub_validations: […]}",
        ),
        ("each: $.items", "6:13", "the short form is 'each: [$.items, [{gt: [$.price, 0]}]]'"),
        ("each: {path: $.items}", "6:7", "'each' needs sub_validations: a list of checks"),
        (
            "{type: each, sub_validations: [{exists: $.a}]}",
            "6:7",
            "'each' needs the path of a list: each: [$.items, [{gt: [$.price, 0]}]]",
        ),
        (
            "{type: each, path: $.a, sub_validations: [{exists: $.a}], min: -1}",
            "6:70",
            "input should be greater than or equal to 0, got -1",
        ),
        (
            "{type: each, path: $.a, sub_validations: [{exists: $.a}], min: few}",
            "6:70",
            'expected a whole number, got "few"',
        ),
        (
            "{type: each, path: $.a, sub_validations: [{exists: $.a}], mim: 1}",
            "6:65",
            "unknown key 'mim'; did you mean 'min'",
        ),
        (
            "{type: each, path: $.a, sub_validations: [{exists: $.a}], expect: 1}",
            "6:73",
            "'each' takes no expect; it takes path, sub_validations, min, description, source",
        ),
        (
            "{type: each, path: '$.a[', sub_validations: [{exists: $.a}]}",
            "6:26",
            "the path '$.a[' cannot be read",
        ),
        ("each: [$.items, [{gtt: [$.price, 0]}]]", "6:25", "no check 'gtt'"),
        (
            "each: [$.items, [{status_code: 200}]]",
            "6:25",
            "inside 'each' paths start at the element; 'status_code' would read the response, so that it belongs beside 'each'",
        ),
        (
            "each: [$.items, [{or: [{type: eq, path: $.x, expect: 1, source: headers}]}]]",
            "6:71",
            "inside 'each' paths start at the element; 'eq' would read the headers",
        ),
        ("eahc: [$.items, [{exists: $.a}]]", "6:7", "no check 'eahc'; did you mean 'each'?"),
        ("{type: eq, path: $.a, expect: 5, min: 1}", "6:45", "'eq' takes no min; each does"),
        (
            "{type: and, path: $.a, sub_validations: [{exists: $.a}]}",
            "6:25",
            "'and' takes no path; it takes sub_validations, description",
        ),
        (
            "assert: [$.n, 42]",
            "6:16",
            "'assert' is a condition on variables and takes no path; write a check with a path, as in eq: [$.n, 5]",
        ),
        (
            "assert: $.n == 42",
            "6:15",
            "'assert' is a condition on variables and takes no path; write a check with a path, as in eq: [$.n, 5]",
        ),
        (
            "assert: ['${uid} == 7', 42]",
            "6:31",
            "after the condition of 'assert' stands a description; write assert: \"${uid} == 7\"",
        ),
        (
            "eq: [$.a, 1, 2, 3]",
            "6:11",
            "'eq' has 4 values, and takes at most 3: [path, expected, description]; what is expected may be a list",
        ),
        (
            "assert: []",
            "6:15",
            'write assert: "${uid} == 7", or assert: ["${uid} == 7", description]; got a list',
        ),
        (
            "assert: ['${a} == 7', b, c]",
            "6:15",
            'write assert: "${uid} == 7", or assert: ["${uid} == 7", description]; got a list',
        ),
        (
            "assert: {uid: 7}",
            "6:15",
            'write assert: "${uid} == 7", or assert: ["${uid} == 7", description]; got a mapping',
        ),
        (
            "assert: true",
            "6:15",
            'the condition true reads no variable, so that no value could break it; write assert: "${uid} == 7", or assert: ["${uid} == 7", description]',
        ),
        (
            "assert: '1'",
            "6:15",
            "the condition 1 reads no variable, so that no value could break it",
        ),
        (
            "assert: ok",
            "6:15",
            "the condition ok reads no variable, so that no value could break it",
        ),
        (
            "assert: ['on', text]",
            "6:16",
            "the condition on reads no variable, so that no value could break it",
        ),
        (
            "assert: '${1 == 1}'",
            "6:15",
            "the condition ${1 == 1} reads no variable, so that no value could break it",
        ),
        (
            "assert: false",
            "6:15",
            "the condition false reads no variable, so that no value could break it",
        ),
        (
            "not: [{assert: 1 == 2}]",
            "6:22",
            "the condition 1 == 2 reads no variable, so that no value could break it",
        ),
        (
            "{type: assert, expect: \"'a' == 'a'\"}",
            "6:30",
            "the condition 'a' == 'a' reads no variable, so that no value could break it",
        ),
        ("assert: ok", "6:15", "the variable of that name is ${ok}"),
        ("assert: ' '", "6:15", "'assert' needs a condition: assert: \"${uid} == 7\""),
        ("{type: assert}", "6:7", "'assert' needs a condition: assert: \"${uid} == 7\""),
        (
            "{type: assert, path: $.n, condition: '${uid} == 7'}",
            "6:28",
            "'assert' takes no path; it takes condition, description",
        ),
        ("assert: '${uid} =='", "6:15", "at character 8 of '${uid} =='"),
        ("assert: '{{ uid }} == 7'", "6:15", "'{{ uid }}' makes no template; write ${uid}"),
        ("assert: '${uidd()} == 7'", "6:15", "no function 'uidd'; did you mean 'uuid' or 'uuid4'?"),
        ("asert: '${uid} == 7'", "6:7", "no check 'asert'; did you mean 'assert'?"),
        (
            "{type: eq, source: xml, path: '//item[', expect: 2}",
            "6:37",
            "the XPath '//item[' cannot be read: invalid expression",
        ),
        (
            "{type: eq, source: html, path: '1 +', expect: 2}",
            "6:38",
            "the XPath '1 +' cannot be read",
        ),
        ("{type: eq, source: xml, path: '', expect: 2}", "6:37", "the XPath '' cannot be read"),
        (
            "{type: eq, source: xml, path: /o:a, expect: 2}",
            "6:37",
            "the XPath '/o:a' has the prefix 'o', which namespaces does not give (namespaces: {o: URI}); given: none",
        ),
        (
            "{type: eq, source: xml, path: /x:a, expect: 2, namespaces: {xs: u}}",
            "6:37",
            "given: xs; did you mean 'xs'?",
        ),
        ("{type: eq, source: xml, path: /re:test(a), expect: 2}", "6:37", "has the prefix 're'"),
        (
            "{type: eq, source: xlm, path: //a, expect: 2}",
            "6:26",
            "input should be 'body', 'response', 'headers', 'cookies', 'text', 'xml' or 'html', got \"xlm\"",
        ),
        (
            "{type: eq, path: $.a, expect: 2, namespaces: {o: u}}",
            "6:52",
            "namespaces are those of an XPath, which needs source: xml or source: html",
        ),
        (
            "{type: eq, source: xml, path: //a, expect: 2, namespaces: [o]}",
            "6:65",
            "expected a mapping, got a list",
        ),
        (
            "{type: eq, source: xml, path: //a, expect: 2, namespace: {o: u}}",
            "6:53",
            "unknown key 'namespace'; did you mean 'namespaces'?",
        ),
        ("{type: eq, source: xml, expect: 2}", "6:7", "'eq' needs a path"),
        (
            "each: [$.items, [{type: eq, source: xml, path: //a, expect: 2}]]",
            "6:43",
            "inside 'each' paths start at the element; 'eq' would read the xml",
        ),
        (
            "{type: and, source: xml, sub_validations: [{exists: $.a}]}",
            "6:27",
            "'and' takes no source",
        ),
    ],
)
def test_a_wrong_spelling(engine, check, place, said):
    complaint = complaint_of(engine, check)

    assert complaint.startswith(f"case.yaml:{place}: ")
    assert said in complaint


@pytest.mark.parametrize(
    ("extractor", "said"),
    [
        (
            "{type: xpath, path: '//item['}",
            "the XPath '//item[' cannot be read: invalid expression",
        ),
        ("{type: xpath}", "extractor type 'xpath' needs a path"),
        ("{type: xpath, path: /o:a}", "the XPath '/o:a' has the prefix 'o'"),
        ("{type: xpaht, path: /a}", "no extractor type 'xpaht'; did you mean 'xpath'?"),
        ("{path: $.a, namespaces: {o: u}}", "extractor type 'jsonpath' takes none"),
    ],
)
def test_a_wrong_extractor(engine, extractor, said):
    complaint = engine.complaint(f"- {{name: s, url: /, extractors: {{v: {extractor}}}}}")

    assert complaint.startswith("case.yaml:3:")
    assert said in complaint
