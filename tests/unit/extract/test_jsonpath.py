"""How paths are written and what they match: one row, one promise."""

import json
import time

import pytest
from languages import is_chinese

from pytest_sisyphus.errors import ConfigError, problem_of
from pytest_sisyphus.extract.jsonpath.path import compile_path

SHOP = {
    "code": 0,
    "data": {
        "user-id": 7,
        "名称": "订单",
        "a.b": {"c d": 1},
        "it's": "quote",
        'say "x"': "double",
        "null": "a key",
        "true": "another",
        "*": "star",
        "": "empty",
        "@type": "at",
        "xml:lang": "zh",
        "$ref": "dollar",
        "length": "a key called length",
        "and": 1,
    },
    "items": [
        {
            "id": 1,
            "name": "茶",
            "price": 8.5,
            "ok": True,
            "tags": ["hot", "green"],
            "sub": {"n": 1},
        },
        {"id": 2, "name": "咖啡", "price": 25, "ok": False, "tags": [], "sub": {"n": 2}},
        {"id": 3, "name": "水", "price": 2, "ok": None, "isbn": "x-1", "sub": {"n": 3}},
        {"id": "3", "name": "text id", "price": "2"},
    ],
    "matrix": [[1, 2, 3], [4, 5, 6]],
    "by_name": {"x": {"v": 1}, "y": {"v": 2}},
    "empty_list": [],
    "empty_map": {},
    "nothing": None,
    "text": "héllo",
}
ALL = list(SHOP.values())


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        # the whole (W57)
        ("$", [SHOP]),
        ("  $  ", [SHOP]),
        # names
        ("$.code", [0]),
        ("code", [0]),
        ("data.user-id", [7]),
        ("$.data.user-id", [7]),
        ("$.data.名称", ["订单"]),
        ("$['data']['名称']", ["订单"]),
        ('$["data"]["user-id"]', [7]),
        ("$.data['a.b']['c d']", [1]),
        ("$.data.'a.b'.'c d'", [1]),
        ("$.data['it\\'s']", ["quote"]),
        ('$.data["it\'s"]', ["quote"]),
        ("$.data['say \"x\"']", ["double"]),
        ('$.data["say \\"x\\""]', ["double"]),
        ("$.data['\\u540d\\u79f0']", ["订单"]),
        ("$.data.null", ["a key"]),
        ("$.data.true", ["another"]),
        ("$.data.and", [1]),
        ("$.data['*']", ["star"]),
        ("$.data['']", ["empty"]),
        ("$.data.@type", ["at"]),
        ("$.data.xml:lang", ["zh"]),
        ("$.data.$ref", ["dollar"]),
        ("$[data][code]", []),
        ("$[data][user-id]", [7]),
        ("$.data[ 'user-id' ]", [7]),
        ("$.nothing", [None]),
        ("$.nothing.x", []),
        ("$.Code", []),
        # items
        ("$.items[0].id", [1]),
        ("items[0].id", [1]),
        ("$.items.[0].id", [1]),
        ("$.items[-1].id", ["3"]),
        ("$.items[-4].id", [1]),
        ("$.items[-5].id", []),
        ("$.items[4]", []),
        ("$.items[999999999999]", []),
        ("$.matrix[1][2]", [6]),
        ("$.text[0]", []),
        ("$.by_name[0]", []),
        ("$.items.0.id", []),
        # slices
        ("$.items[0:2].id", [1, 2]),
        ("$.items[1:].id", [2, 3, "3"]),
        ("$.items[:2].id", [1, 2]),
        ("$.items[-2:].id", [3, "3"]),
        ("$.items[:-2].id", [1, 2]),
        ("$.items[::2].id", [1, 3]),
        ("$.items[::-1].id", ["3", 3, 2, 1]),
        ("$.items[3:0:-2].id", ["3", 2]),
        ("$.items[ 0 : 2 ].id", [1, 2]),
        ("$.items[:].id", [1, 2, 3, "3"]),
        ("$.items[9:].id", []),
        ("$.by_name[:]", []),
        ("$.text[0:2]", []),
        # wildcards
        ("$.*", ALL),
        ("$[*]", ALL),
        ("*", ALL),
        ("[*]", ALL),
        ("$.items[*].id", [1, 2, 3, "3"]),
        ("$.items.*.id", [1, 2, 3, "3"]),
        ("$.by_name.*.v", [1, 2]),
        ("$.matrix[*][*]", [1, 2, 3, 4, 5, 6]),
        ("$.empty_list[*]", []),
        ("$.empty_map.*", []),
        ("$.code.*", []),
        ("$.text.*", []),
        # unions
        ("$.items[0,2].id", [1, 3]),
        ("$.items[2, 0].id", [3, 1]),
        ("$['code','text']", [0, "héllo"]),
        ("$.items[0]['id', 'name']", [1, "茶"]),
        ("$.items[0, -1:].id", [1, "3"]),
        ("$.items[?@.id==2, 0].id", [2, 1]),
        # everything below
        ("$..n", [1, 2, 3]),
        ("$..['n']", [1, 2, 3]),
        ("$..sub.n", [1, 2, 3]),
        ("$..tags[0]", ["hot"]),
        ("$..[2]", [SHOP["items"][2], 3, 6]),
        ("$..tags..[1]", ["green"]),
        ("$.by_name..v", [1, 2]),
        ("$..length", ["a key called length"]),
        ("$..isbn", ["x-1"]),
        ("$..[?@.isbn].id", [3]),
        ("$.matrix..*", [[1, 2, 3], [4, 5, 6], 1, 2, 3, 4, 5, 6]),
        ("$..nope", []),
        # lengths
        ("$.items.length", [4]),
        ("$.items.length()", [4]),
        ("$.items.len()", [4]),
        ("$.items.size()", [4]),
        ("$.items.`len`", [4]),
        ("$.text.length", [5]),
        ("$.text.length()", [5]),
        ("$.empty_list.length", [0]),
        ("$.empty_list.length()", [0]),
        ("$.by_name.length()", [2]),
        ("$.data.length", ["a key called length"]),
        ("$.data.length()", [14]),
        ("$.by_name.length", []),  # a mapping that ought to have the key does not have it
        ("$.code.length()", []),
        ("$.nothing.length", []),
        ("$.length()", [9]),
        ("$.matrix[*].length", [3, 3]),
        # how many matches
        ("$.items[*].length()", [4]),
        ("$.items[?@.id==2].length()", [1]),
        ("$.items[?@.id==9].length()", [0]),
        ("$.items[?@.id==9].name.length()", [0]),
        ("$.empty_list[*].length()", [0]),
        ("$..n.length()", [3]),
        ("$.itmes[*].length()", []),
        ("$.nothing[*].length()", []),
        ("$.items[*].nmae.length()", []),
    ],
)
def test_a_path_matches(path, matches):
    assert compile_path(path).find(SHOP) == matches


@pytest.mark.parametrize(
    ("test", "ids"),
    [
        ("(@.id==1)", [1]),
        ("@.id==1", [1]),
        ("id=1", [1]),
        ("id == 1", [1]),
        ("(id==1)", [1]),
        ("@['id']==1", [1]),
        ("1 == @.id", [1]),
        ("2 < @.price && @.price < 10", [1]),
        ("@.id === 1", [1]),
        ("@.id <> 1", [2, 3, "3"]),
        ("@.id!=1", [2, 3, "3"]),
        ("@.id !== 1", [2, 3, "3"]),
        # text is no number
        ("@.id==3", [3]),
        ("@.id=='3'", ["3"]),
        ('@.id=="3"', ["3"]),
        ("@.id > 0", [1, 2, 3]),
        ("@.price >= 8.5", [1, 2]),
        ("@.price<=2", [3]),
        ("@.price > 0.85e1", [2]),
        ("@.price > -1", [1, 2, 3]),
        ("@.name=='咖啡'", [2]),
        ("@.name == '\\u8336'", [1]),
        ("name=茶", [1]),
        ("@.isbn == x-1", [3]),
        ("@.name > '水'", [1]),
        # booleans and null are themselves
        ("@.ok==true", [1]),
        ("@.ok == True", [1]),
        ("@.ok == false", [2]),
        ("@.ok == null", [3]),
        ("@.ok == None", [3]),
        ("@.ok == 1", []),
        ("@.id == true", []),
        ("@.ok != null", [1, 2, "3"]),
        # existence
        ("@.isbn", [3]),
        ("isbn", [3]),
        ("!@.isbn", [1, 2, "3"]),
        ("not @.isbn", [1, 2, "3"]),
        ("@.ok", [1, 2, 3]),
        ("@.sub.n", [1, 2, 3]),
        ("@.tags[*]", [1]),
        ("@.tags[0]", [1]),
        ("@.tags[?@=='hot']", [1]),
        ("@['tags'][1] == 'green'", [1]),
        # and, or, not
        ("@.id==1 || @.id==2", [1, 2]),
        ("@.id==1 or @.id==2", [1, 2]),
        ("@.price>1 && @.name=='水'", [3]),
        ("@.price>1 & @.name=='水'", [3]),
        ("@.price>1 and name=水", [3]),
        ("@.id==1 || @.id==2 && @.price>100", [1]),
        ("(@.id==1 || @.id==2) && @.price>20", [2]),
        ("!(@.id==1)", [2, 3, "3"]),
        ("!(@.id==1 || @.id==2)", [3, "3"]),
        ("not (id=1 or id=2)", [3, "3"]),
        ("!(!(@.id==1))", [1]),
        # another path
        ("@.id == $.items[1].id", [2]),
        ("@.id == @.sub.n", [1, 2, 3]),
        ("@.price < $.items[0].price", [3]),
        ("@.id == $.nope", []),
        # patterns, lengths, counts
        ("@.name =~ '^.$'", [1, 3]),
        ("@.name =~ /TEXT/i", ["3"]),
        ("@.isbn =~ '^x-\\d$'", [3]),
        ("@.isbn =~ 'x-\\\\d'", [3]),
        ("@.id =~ '3'", ["3"]),
        ("match(@.name, '.')", [1, 3]),
        ("search(@.name, 'ext')", ["3"]),
        ("match(@.name, 'ext')", []),
        ("!match(@.name, '.')", [2, "3"]),
        ("length(@.name) == 2", [2]),
        ("length(@.tags) > 0", [1]),
        ("@.tags.length == 2", [1]),
        ("@.tags.length() == 0", [2]),
        ("count(@.tags[*]) == 2", [1]),
        ("count(@.*) < 4", ["3"]),
        ("3 == count(@.*)", ["3"]),
    ],
)
def test_a_filter_chooses_items(test, ids):
    """W4: filters are data, no code."""
    assert compile_path(f"$.items[?{test}].id").find(SHOP) == ids
    assert compile_path(f"$.items[?({test})].id").find(SHOP) == ids


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("$.by_name[?@.v==2].v", [2]),
        ("$.matrix[*][?@>4]", [5, 6]),
        ("$.matrix[?@[0]==4][1]", [5]),
        ("$..[?@.v>1].v", [2]),
        ("$.code[?@.x]", []),
        ("$.text[?@=='h']", []),
        ("$.data[?@=='star']", ["star"]),
    ],
)
def test_a_filter_chooses_members_of_lists_and_mappings(path, matches):
    assert compile_path(path).find(SHOP) == matches


@pytest.mark.parametrize(
    ("path", "indefinite", "first_name"),
    [
        ("$", False, None),
        ("$.a.b[0]['c']", False, "a"),
        ("a.b", False, "a"),
        ("$['a b'].c", False, "a b"),
        ("$[0].a", False, None),
        ("$.length", False, "length"),
        ("$.length()", False, None),
        ("$.*", True, None),
        ("$.a[*]", True, "a"),
        ("$.a[1:2]", True, "a"),
        ("$.a[0,1]", True, "a"),
        ("$['a','b']", True, None),
        ("$..a", True, None),
        ("$.a[?@.b==1].c", True, "a"),
        ("$.a[?@.b==1].length()", False, "a"),
        ("$.a[*].length", True, "a"),
    ],
)
def test_a_path_knows_whether_it_may_match_several_and_its_first_name(path, indefinite, first_name):
    compiled = compile_path(path)

    assert (compiled.indefinite, compiled.first_name) == (indefinite, first_name)


NO_PATHS = [
    ("", "at character 1, got its end"),
    ("$.", "at character 3, got its end"),
    ("$a", "expected `.`, `..` or `[` after `$` at character 2"),
    ("$..", "a name"),
    ("$.a b", "at character 4"),
    ("$.a[", "at character 5"),
    ("$.a[0", "`]`"),
    ("$.a['b]", "closing quote"),
    ("$.a[]", "a quoted name"),
    ("$.a[1:2:0]", "step is not 0"),
    ("$.a[?]", "a path (@.name)"),
    ("$.a[?@.x==]", "a path (@.name)"),
    ("$.a[?(@.x==1]", "`)`"),
    ("$.a[?1==1]", "a comparison with a path"),
    ("$.a[?true]", "a comparison, or a path"),
    ("$.a[?$.x]", "a comparison, or a path"),
    ("$.a[?@.x == 1 = 2]", "`]`"),
    ("$.a[?@.tags[*]=='x']", "single values"),
    ("$.a[?!@.x==1]", "brackets around what is negated"),
    ("$.a[?@.x =~ y]", "a pattern in quotes"),
    ("$.a[?@.x =~ '(']", "not a regular expression: missing ) at character 2"),
    ("$.a[?@..x]", "without `..`"),
    ("$.a[?@.x==$..y]", "without `..`"),
    ("$.a[?@['x','y']]", "unions"),
    ("$.a[?match(@.x)]", "`,`"),
    ("$.a[?length(@.x, 1)==1]", "`)`"),
    ("$.a[?match(@.x,'a')==1]", "`]`"),
    ("$.a.length().b", "nothing after a length()"),
    ("$..length()", "a name after `..`"),
    ("$.a.sum()", "the only function"),
    ("$.a[(@.length-1)]", "nothing is evaluated; [-1] is the last item"),
    # the library's extensions that compute
    ("$.a + 1", "at character 4"),
    ("$.a * $.b", "at character 4"),
    ("$.a.`sub(/x/, y)`", "a name"),
    ("$.a.`split(x, 0, -1)`", "a name"),
    ("$.a.`sorted`", "a name"),
    ("$.a.`parent`", "a name"),
    ("$.a.`str()`", "a name"),
    ("$.a[/x]", "a quoted name"),
    ("$.a[\\x]", "a quoted name"),
    ("$.a | $.b", "at character 4"),
    ("$.a where $.b", "at character 4"),
    ("$.a~", "at character 4"),
    # code
    ("$.a[?(__import__('os').system('id'))]", "the only function"),
    ("$.a[?@.x==__import__('os')]", "a text in quotes"),
    ("$.a[?(exec('1'))]", "the only function"),
    ("${x}", "at character 2"),
    # a Chinese keyboard
    ("＄.code", "got '＄.code'; '＄' is a full-width sign: write '$'"),
    ("＄", "write '$'"),
    ("￥[0]", "expected `$` or a name (a key of that name: ['￥']) at character 1"),
    ("$.items[?（@.id==1）]", "'（' is a full-width sign: write '('"),
    ("$.items[?(@.id==1）]", "'）' is a full-width sign: write ')'"),
    ("$.items[?(@.id==1 && @.n==2）]", "'）' is a full-width sign: write ')'"),
    ("$.items[?(@.name＝'a')]", "'＝' is a full-width sign: write '='"),
    ("$.items[0，1]", "'，' is a full-width sign: write ','"),
    ("$.items[0】", "'】' is a full-width sign: write ']'"),
    ("$." + "a" * 5000, "at most 4000 characters"),
    ("$.a[?" + "(" * 100 + "@.x" + ")" * 100 + "]", "at most 30 deep"),
    ("$.a[?@" + ".a" * 100 + "==1]", "at most 30 steps"),
]


@pytest.mark.parametrize(("path", "complaint"), NO_PATHS)
def test_what_is_no_path_is_refused_with_its_place(path, complaint):
    with pytest.raises(ConfigError) as raised:
        compile_path(path)

    assert complaint in str(raised.value)


MISSES = [
    ("$.cod", "code, data, items, matrix, by_name, empty_list"),
    ("$.cod", "did you mean 'code'"),
    ("$.data.user_id", "did you mean 'user-id'?"),
    ("$.data.LENGTH", "did you mean 'length'?"),
    ("$.items[0].nmae", "name, id, price, ok, tags, sub; did you mean 'name'?"),
    ("$.items[9]", "a list of 4, [0] to [3]"),
    ("$.items.id", "a list of 4, [0] to [3]"),
    ("$.items[?@.id==9]", "a list of 4, none of which passes the filter"),
    ("$.items[*].nmae", "did you mean 'name'?"),
    ("$.text.x", "text"),
    ("$.nothing.x", "null"),
    ("$.code.x", "a number"),
    ("$.items[0].ok.x", "a boolean"),
    ("$.empty_map.x", "nothing (a mapping without items)"),
    ("$.empty_list[0]", "nothing (a list without items)"),
    ("$.matrix[*][7]", "2 values, none of which has it"),
    ("$.itmes[0].id.deeper", "did you mean 'items'?"),
    ("$.data．user", "'．' is a full-width sign: write '.'"),
    ("$.data[‘user-id’]", "'‘' is a full-width sign: write \"'\""),
    ("$.items［0］", "'［' is a full-width sign: write '['"),
]


@pytest.mark.parametrize(("path", "there"), MISSES)
def test_a_miss_says_what_is_there_instead(path, there):
    miss = compile_path(path).explain_no_match(SHOP)

    assert miss.startswith(f"no match for {path}; at that level there is: ")
    assert there in miss


def test_both_are_said_in_chinese_as_well(set_to_chinese):
    said = [problem_of(compile_path, path) for path, _ in NO_PATHS]
    said += [compile_path(path).explain_no_match(SHOP) for path, _ in MISSES]

    assert [one for one in said if not is_chinese(one)] == []


def test_a_miss_among_many_names_stays_short():
    data = {f"key {i} " + "x" * 500: i for i in range(100_000)}

    miss = compile_path("$.nope").explain_no_match(data)

    assert len(miss) < 1000
    assert "and 99988 more" in miss


def test_a_path_is_compiled_once():
    assert compile_path("$.compiled.once") is compile_path("$.compiled.once")


@pytest.mark.slow
def test_ten_thousand_matches_in_20_megabytes_are_found_at_once():
    data = {"rows": [{"id": i, "pad": "x" * 2000, "in": [{"n": i}]} for i in range(10_000)]}

    started = time.process_time()
    found = [
        len(compile_path(path).find(data))
        for path in ("$.rows[*].id", "$..n", "$.rows[?@.id>=0].id", "$..[?@.n>=0]")
    ]

    assert found == [10_000] * 4
    assert time.process_time() - started < 60  # a square of them takes hours


@pytest.mark.slow
def test_a_path_that_multiplies_matches_ends_by_its_budget():
    deep = [0]
    for _ in range(60):
        deep = [deep]

    with pytest.raises(ConfigError, match="looked at more than 100000 values"):
        compile_path("$" + "[0,0]" * 60).find(deep, budget=100_000)
    with pytest.raises(ConfigError, match="looked at more than"):
        compile_path("$" + "..*" * 30).find(deep, budget=100_000)


def test_very_deep_data_is_walked():
    deep = leaf = {}
    for _ in range(5000):
        leaf["in"] = {}
        leaf = leaf["in"]
    leaf["id"] = 1

    assert compile_path("$..id").find(deep) == [1]


@pytest.mark.slow
def test_a_pattern_of_a_filter_cannot_search_for_ever():
    path = compile_path("$[?@ =~ '^(a|aa)+$']")

    with pytest.raises(ConfigError, match="still searching"):
        path.find(["a" * 60 + "b"])


def test_paths_read_decoded_json_as_it_is():
    data = json.loads('{"big": 123456789012345678901234567890, "f": 1e400}')

    assert compile_path("$[?@ > 1000000]").find(data) == list(data.values())
