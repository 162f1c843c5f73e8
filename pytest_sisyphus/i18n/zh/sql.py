"""Messages of `sql`."""

from typing import Final

CHINESE: Final = {
    "{label}: another step used the connection for {seconds:g} s": "{label}：另一个步骤占用连接 {seconds:g} 秒",
    "the statement": "语句",
    "{label} needs {name}, which is not installed": "{label}：需要 {name}，但没有安装",
    "{label}: {what} took longer than {seconds:g} s": "{label}：{what}的用时超过 {seconds:g} 秒",
    "{label}: a query brings rows; for a statement that changes them write operation: execute (this one is not kept, unless the case began a transaction itself)": "{label}：query 要返回数据行；要修改数据请写 operation: execute（本次修改未保留，除非用例自己开启了事务）",
    "{label}: statement {number} of the script ({sql}): {message}": "{label}：脚本的第 {number} 条语句（{sql}）：{message}",
    "the database's URL cannot be read; it is type://user:password@host:port/name": "数据库的 URL 无法解析；格式为 type://user:password@host:port/name",
    "{label}: the path still holds a template": "{label}：路径中仍有模板",
    "{label}: that is a folder": "{label}：这是目录",
    "{label}: there is no such file": "{label}：没有这个文件",
    "a step with operation execute or script makes a new SQLite file in a folder that exists": "operation 为 execute 或 script 的步骤会在已有的目录中新建 SQLite 文件",
    "no database {name!r} in config.databases{near}": "config.databases 中没有数据库 {name!r}{near}",
    "db_query() is called after the case's end": "用例结束后调用了 db_query()",
    "db_query() takes SQL as text, not {sql!r}": "db_query() 接受 SQL 文本，而不是 {sql!r}",
    "databases need {name}, which is not installed": "数据库功能需要 {name}，但没有安装",
    "{location}: the value of ${{{expression}}} came up while the case ran, and would become SQL; write :name in its place and the value in params": "{location}: ${{{expression}}} 的值是用例运行时得到的，会成为 SQL 的一部分；请改写为 :名称，并把值写在 params 中",
    "params is a mapping or a list, not {params!r}": "params 应为映射或列表，而不是 {params!r}",
    "params has no value for :{name}{near}": "params 中没有 :{name} 的值{near}",
    "the SQL has no :{name}, for which params has a value": "SQL 中没有 :{name}，而 params 中有它的值",
    "; for :{name} write params: {{{name}: …}}": "；:{name} 对应的写法是 params: {{{name}: …}}",
    "the SQL has {count} marks (? or %s), params has {values} values{hint}": "SQL 中有 {count} 个占位符（? 或 %s），params 中有 {values} 个值{hint}",
    "a driver": "驱动",
}
