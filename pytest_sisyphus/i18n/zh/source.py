"""Messages of `source`: files, YAML, includes, rows, called cases."""

from typing import Final

CHINESE: Final = {
    " (at {key_path})": "（位于 {key_path}）",
    # files
    "nested deeper than {most} levels": "嵌套超过 {most} 层",
    "more than {most} values once its aliases are written out, with all includes": "展开别名和所有 !include 之后，值超过 {most} 个",
    "no file matches {pattern!r}": "没有文件匹配 {pattern!r}",
    "{file!r} lies outside of {folders} (ini sisyphus_include_roots)": "{file!r} 不在 {folders} 之内（ini sisyphus_include_roots）",
    "files include each other: {chain}": "文件互相引入：{chain}",
    "not JSON: {problem}": "不是 JSON：{problem}",
    # YAML
    "not YAML: {problem}": "不是 YAML：{problem}",
    "not YAML: {problem}{context}{hint}": "不是 YAML：{problem}{context}{hint}",
    " {context}": "（{context}）",
    " {context} that begins in line {line}": "（{context}，始于第 {line} 行）",
    "not YAML: a tab character cannot be here; indent with spaces": "不是 YAML：此处不能有制表符，请用空格缩进",
    "put quotes around the whole value": "请给整个值加引号",
    "put quotes around a value with [ ] {{ }} or quotes in it": "值中有 [ ] {{ }} 或引号时，请给整个值加引号",
    "; it is indented deeper than the key before it: put both into one column, or quotes around a value that goes on here": "；它比前一个键缩进得更深：请把两者对齐到同一列；如果这里是上一行的值的延续，请给整个值加引号",
    "put quotes around a value that holds ': '": "值中有 ': ' 时，请给整个值加引号",
    "in single quotes a backslash is only itself": "在单引号中，反斜杠就是它本身",
    "; put quotes around the value": "；请给值加引号",
    '; put quotes around it: "{text}"': '；请加引号："{text}"',
    "; a template is written ${{{expression}}}, not {{{{ {expression} }}}}": "；模板写作 ${{{expression}}}，而不是 {{{{ {expression} }}}}",
    "an alias stands inside the value that its anchor names": "别名位于其锚点所指的值之内",
    "unknown tag {tag}; only !include is known": "未知的标签 {tag}；只支持 !include",
    "{value!r} is {problem}": "{value!r} {problem}",
    "a number of more than 4300 digits": "是超过 4300 位的数字",
    "a number beyond what a double can hold": "超出了双精度浮点数的范围",
    "'<<' takes a mapping, or a list of mappings": "'<<' 的值应为映射，或映射的列表",
    "a key must be text or a number{hint}": "键必须是文本或数字{hint}",
    "key {key!r} stands twice; it is first in line {line}": "键 {key!r} 重复，首次出现在第 {line} 行",
    # cases
    "two cases are called {name!r}; the first stands at {location}": "有两条用例都叫 {name!r}，第一条在 {location}",
    "a case is a mapping, not {value}": "用例应为映射，而不是 {value}",
    "unknown key {key!r} here; it belongs in {sections}": "这里不能写键 {key!r}；它属于 {sections}",
    "the file {problem}": "该文件{problem}",
    "the file has words of the older engine; this rewrites all of them: "
    "sisyphus-api-convert engine PATH -o NEW (docs/en/migration.md)": "文件中有旧引擎的写法；用这条命令可全部改写：`sisyphus-api-convert engine PATH -o NEW`（docs/zh/migration.md）",
    "is of the older engine's newer dialect ('teststeps'), which is not read; convert it: "
    "sisyphus-api-convert engine PATH -o NEW (docs/en/migration.md)": "采用旧引擎较新的写法（'teststeps'），无法读取；请先转换：`sisyphus-api-convert engine PATH -o NEW`（docs/zh/migration.md）",
    # called cases
    "cases call each other in a circle: ": "用例互相调用，形成循环：",
    "cases call each other more than {most} deep: {chain} → …": "用例互相调用超过 {most} 层：{chain} → …",
    "file names one case file, got the pattern {file!r}": "file 应为一个用例文件，实际为模式 {file!r}",
    "there is no file {file!r} ({path}){hint}": "没有文件 {file!r}（{path}）{hint}",
    "{file} holds no case: none of its documents has a name": "{file} 中没有用例：其中的文档都没有 name",
    "{file} holds several cases; say which: case: {names}": "{file} 中有多条用例，请写明是哪一条：case: {names}",
    "{file} holds several cases; say which: case: {names} and {more} more": "{file} 中有多条用例，请写明是哪一条：case: {names}，另有 {more} 条",
    "{file} holds no case {name!r}{hint}": "{file} 中没有用例 {name!r}{hint}",
    "the called case {name!r} is not right: {mistake}": "被调用的用例 {name!r} 有误：{mistake}",
    "the called case {name!r} is not right: {mistake}, and {more} more": "被调用的用例 {name!r} 有误：{mistake}，另有 {more} 处",
    # project configuration and files of variables
    "this is project configuration, which holds for the cases in its folder and below; it is no "
    "case itself: name the folder, or a case in it": "这是项目配置，对所在目录及其子目录中的用例生效，本身不是用例：请指定该目录，或其中的用例",
    "project configuration is looked for as {file!r}; give it that name": "项目配置文件名应为 {file!r}，请改名",
    "the file is the config itself: write its keys at the top level, without 'config'": "该文件本身就是 config：请把各个键写在顶层，不写 'config'",
    "a file of this name is project configuration; a case needs a file of another name": "这个名称的文件是项目配置，用例请写在其他名称的文件中",
    "rows belong to one case: write data_source in that case's config": "数据行属于一条用例：请把 data_source 写在该用例的 config 中",
    "project configuration is one mapping: here a second YAML document begins": "项目配置只能是一个映射：此处开始了第二个 YAML 文档",
    "project configuration is a mapping with the keys of config, not {value}": "项目配置应为映射，键与 config 相同，而不是 {value}",
    "a file of variables is one mapping: here a second YAML document begins": "变量文件只能是一个映射：此处开始了第二个 YAML 文档",
    "a file of variables is a mapping of their names, not {value}": "变量文件应为以变量名为键的映射，而不是 {value}",
    # files that are nearly cases
    "has {key!r} but no {missing}": "有 {key!r}，但没有 {missing}",
    "has no {missing}": "没有 {missing}",
    "{key!r}; did you mean {key!r} for {written!r}?": "{key!r}；{written!r} 是否应为 {key!r}？",
    "{key!r} at its top level: line {line} has it indented": "顶层的 {key!r}：第 {line} 行的它有缩进",
    "{key!r}: write '{key}: ' in line {line}": "{key!r}：第 {line} 行请写 '{key}: '",
    "has lines that end with CR alone; save it with LF": "各行只以 CR 结尾，请改用 LF 保存",
    "is {encoding}; save it as UTF-8": "编码是 {encoding}，请保存为 UTF-8",
    "is written in braces; write name: … and steps: … without them, each on a line of its own": "写在花括号中；请去掉花括号，把 name: … 和 steps: … 各写一行",
    "has a full-width colon: write '{key}: '": "有全角冒号，请写 '{key}: '",
    "has no blank behind the colon: write '{key}: '": "冒号后面没有空格，请写 '{key}: '",
    "has its case in a list; write name: … and steps: … at the top level, and '---' "
    "between two cases": "用例写在列表中；请把 name: … 和 steps: … 写在顶层，用例之间用 '---' 分隔",
    "has 'name' and 'steps' below {key!r}; write them at the top level, without it": "'name' 和 'steps' 写在 {key!r} 之下；请去掉它，把它们写在顶层",
    "has 'name' and 'steps' indented; write them at the start of their lines": "'name' 和 'steps' 有缩进；请把它们写在行首",
    "has a sign before {key!r} that is not shown; delete it": "{key!r} 前面有一个不可见字符，请删除",
    # rows
    "delimiter is one character, not {delimiter!r}": "delimiter 应为一个字符，而不是 {delimiter!r}",
    "{file} is not JSON: {problem}": "{file} 不是 JSON：{problem}",
    "{file} has no {data_key!r}: no {key!r}{hint}": "{file} 中没有 {data_key!r}：找不到 {key!r}{hint}",
    "the rows of {where} are a list of mappings, not {value}": "{where} 的数据行应为映射的列表，而不是 {value}",
    "row {number} of {where} is no mapping but {value}": "{where} 的第 {number} 行应为映射，而不是 {value}",
    "rows {first} and {second} of {where} are both called {name!r} (by the first "
    "of the columns {columns} that they have)": "{where} 的第 {first} 行和第 {second} 行都叫 {name!r}（名称取自 {columns} 中最先出现的列）",
    "{file}:{line}: the row has {values} values, the columns are {columns} "
    "({names})": "{file}:{line}: 该行有 {values} 个值，而列有 {columns} 个（{names}）",
    "two columns are called {name!r}": "有两列都叫 {name!r}",
    "a column has no name": "有一列没有名称",
    "no encoding {encoding!r}; known: utf-8, gbk, latin-1, …": "没有编码 {encoding!r}；可用：utf-8、gbk、latin-1 等",
    "{file}:{line}: not {encoding}: {reason}{hint}": "{file}:{line}: 不是 {encoding} 编码：{reason}{hint}",
    "; its bytes read as {encoding}: encoding: {encoding}": "；其字节可按 {encoding} 读取：请写 encoding: {encoding}",
}
