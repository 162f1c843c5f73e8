"""An example of each key: for the JSON Schema, the reference and complaints."""

import re
from collections.abc import Mapping
from typing import Final

#: definition -> documents of it, each of which is valid. A key's example is where it first stands;
#: between « and » is what an author replaces.
EXAMPLES: Final[Mapping[str, str]] = {
    "Case": """
name: order and pay
description: an order is paid once
case_id: 1003
case_key: SHOP-17
config: {base_url: «http://shop.example.com»}
setup: [{name: «sign in», url: «/login»}]
steps:
  - name: «list the orders»
    url: «/orders»
    validations:
      - status_code: «200»
teardown: [{name: «sign out», url: «/logout»}]
tags: [«smoke», «order»]
marks: [{«timeout»: «60»}]
enabled: false
usefixtures: [«database»]
""",
    "ProjectConfig": """
name: shop
description: cases of the shop
profiles:
  «test»: {base_url: «http://test.example.com»}
active_profile: test
base_url: http://shop.example.com
variables: {«user»: «ann»}
timeout: 30
headers: {«Accept-Language»: «en»}
proxies: {«https»: «http://proxy.example.com:3128»}
retry_times: 2
retry_policy: {strategy: «fixed», base_delay: «0.5», retry_on: [«503»]}
stop_on_failure: true
verify_ssl: false
cert: [«client.pem», «client.key»]
default_encoding: «gbk»
strict: true
databases:
  «shop»: «sqlite:///shop.db»
data_iterations: false
variable_prefix: row_
env_file: .env
env_vars: {mapping: {«user»: «SHOP_USER»}}
mask: [«session_key»]
mock:
  rules:
    - request: {method: «GET», url: «^/orders$»}
      response: {body: {«orders»: []}}
""",
    "Config": """
data_source:
  - {«user»: «ann», «age»: «20»}
""",
    "Profile": """
base_url: http://test.example.com
variables: {«user»: «ann»}
timeout: 10
verify_ssl: false
cert: [«client.pem», «client.key»]
headers: {«X-Environment»: «test»}
proxies: {«https»: «http://proxy.example.com:3128»}
overrides: {«user»: «bob»}
priority: 1
""",
    "EnvVars": """
prefix: SHOP_
load_from_os: true
mapping: {«user»: «SHOP_USER»}
overrides: {«region»: «eu»}
""",
    "DataSource": """
type: csv
file_path: «users.csv»
delimiter: ";"
encoding: gbk
has_header: false
---
type: inline
data: [{«user»: «ann»}]
---
type: json
file_path: users.json
data_key: data.users
---
type: database
database: shop
sql: SELECT name FROM users WHERE age > ?
params: [«18»]
""",
    "DatabaseSettings": """
type: postgresql
host: db.example.com
port: 5433
user: shop
password: ${SHOP_DB_PASSWORD}
database: shop
---
url: postgresql://shop:${SHOP_DB_PASSWORD}@db.example.com/shop
---
type: sqlite
path: shop.db
""",
    "StepSpec": """
name: pay
type: request
description: pays the order of the step before
skip_if: ${dry_run}
only_if: ${total} > 0
depends_on: [«order»]
timeout: 5
retry_times: 2
retry_policy: {strategy: «fixed», base_delay: «0.5», retry_on: [«503»]}
setup: [{name: «order», url: «/orders»}]
teardown: [{name: «cancel», method: DELETE, url: «/orders/7»}]
validations:
  - status_code: «200»
extractors:
  «order_id»: «$.data.id»
continue_on_failure: true
url: /pay
""",
    "RequestSpec": """
name: create an order
method: POST
url: /orders
params: {«page»: «1»}
headers: {«X-Request-Id»: «"${uuid()}"»}
cookies: {«session»: «abc»}
auth: {type: «bearer», token: «"${token}"»}
verify_ssl: false
cert: [«client.pem», «client.key»]
allow_redirects: false
proxies: {«https»: «http://proxy.example.com:3128»}
stream: false
default_encoding: «gbk»
json: {«product»: «book», «quantity»: «2»}
mock:
  rules:
    - response: {status_code: «201», body: {«id»: «7»}}
---
name: upload
url: /avatars
files: {«avatar»: «photo.png»}
---
name: the body's kind by what it is
url: /orders
body: {«product»: «book»}
---
name: a form
url: /login
form: {«user»: «ann»}
---
name: a form by its older key
url: /login
data: {«user»: «ann»}
---
name: text
url: /notes
content: a note
---
name: a file
url: /import
body_file: orders.bin
---
name: the same request, measured
url: /orders
performance: {repeat: «20», benchmarks: {p95_response_time: «300»}}
""",
    "Auth": "type: bearer\ntoken: ${token}\n",
    "FilePart": """
path: photo.png
filename: me.png
content_type: image/png
""",
    "TimeLimit": """
connect: 3
read: 10
total: 30
""",
    "RetryPolicy": """
max_attempts: 3
strategy: fixed
base_delay: 0.5
max_delay: 10
backoff_multiplier: 2
jitter: true
retry_on: [«503», «timeout»]
stop_on: [«401»]
rerender: true
""",
    "Check": """
type: eq
path: $.data.id
expect: 7
description: the order's number
source: body
strict: true
---
type: eq
source: xml
path: //a:id
expect: "7"
namespaces: {«a»: «urn:shop»}
---
type: each
path: $.items
min: 0
sub_validations: [{gt: [«$.price», «0»]}]
---
type: assert
condition: ${total} > 0
""",
    "Extractor": """
name: token
path: $.data.token
required: false
default: none
description: for the steps that follow
---
name: second
type: regex
path: id=(\\d+)
index: 1
group: 1
---
name: number
type: xpath
path: //a:id
namespaces: {«a»: «urn:shop»}
""",
    "DatabaseSpec": """
name: unpaid orders
type: database
database: shop
operation: query
sql: SELECT id FROM orders WHERE paid = :paid
params: {«paid»: «0»}
""",
    "ScriptSpec": """
name: add up
type: script
script: |
  «total» = «2 * 3»
script_type: python
allow_imports: false
""",
    "WaitSpec": """
name: until it is shipped
type: wait
wait_type: condition
request: {url: «/orders/7»}
condition: response.body.state == 'shipped'
interval: 2
max_wait: 60
---
name: a second
type: wait
seconds: 1
---
name: until it is in the database
type: wait
database: {database: «shop», sql: «SELECT state FROM orders WHERE id = 7»}
condition: row.state == 'shipped'
---
name: as it was written before
type: wait
wait_condition: {type: api, request: {url: «/orders/7»}, check: «body.state == 'shipped'»}
""",
    "WaitCondition": """
type: api
request: {url: «/orders/7»}
check: body.state == 'shipped'
interval: 2
timeout: 60
---
type: database
database: shop
sql: SELECT state FROM orders WHERE id = ?
params: [«7»]
check: row.state == 'shipped'
""",
    "PollSpec": """
name: until it is shipped
type: poll
request: {url: «/orders/7»}
until: response.body.state == 'shipped'
interval: 2
max_attempts: 10
backoff: exponential
""",
    "LoopSpec": """
name: each product
type: loop
loop_type: foreach
loop_items: [«book», «pen»]
loop_variable: product
on_failure: continue
loop_steps:
  - name: «look at it»
    url: «/products/${product}»
    validations:
      - status_code: «200»
---
name: three times
type: loop
loop_type: for
loop_count: 3
loop_steps: [{name: a, url: /}]
---
name: while there is stock
type: loop
loop_type: while
loop_condition: ${stock} > 0
max_iterations: 20
loop_steps: [{name: a, url: /}]
""",
    "ConcurrentSpec": """
name: at the same time
type: concurrent
concurrent_steps:
  - name: «the orders»
    url: «/orders»
  - name: «the invoices»
    url: «/invoices»
max_concurrency: 5
repeat: 10
""",
    "CaseSpec": """
name: sign in
type: case
file: login.yaml
case: sign in as a user
variables: {«user»: «ann»}
returns: [«token»]
""",
    "Mock": """
enabled: false
rules:
  - request: {method: «GET», url: «^/orders$»}
    response: {body: {«orders»: []}}
""",
    "MockRule": """
name: orders
priority: 1
request: {method: «GET», url: «^/orders$»}
condition: request.query.page == '1'
response: {body: {«orders»: []}}
else_response: {status_code: «404»}
""",
    "MockRequest": """
method: GET
url: /orders/{id}$
""",
    "MockResponse": """
status_code: 201
headers: {«X-Request-Id»: «abc»}
body: {«id»: «"${path_params.id}"»}
delay: 0.2
""",
    "Performance": """
enabled: true
repeat: 20
benchmarks: {p95_response_time: «300»}
""",
    "Benchmarks": """
avg_response_time: 100
p95_response_time: 300
p99_response_time: 500
max_response_time: 1000
""",
}

#: the short forms of what is called a check and is no `CheckType`.
FORM_EXAMPLES: Final[Mapping[str, str]] = {
    "and": "\n  - gt: [«$.total», «0»]\n  - lt: [«$.total», «100»]",
    "or": "\n  - eq: [«$.state», «paid»]\n  - eq: [«$.state», «shipped»]",
    "not": "\n  - contains: [«$.title», «draft»]",
    "each": "[«$.items», [{gt: [«$.price», «0»]}]]",
    "assert": "«${total} > 0»",
}

#: whose keys a definition also has.
_PARENTS: Final = {"Config": "ProjectConfig"}
_KEY: Final = re.compile(r"^(\w+): *((?:.|\n(?![\w-]))*)", re.MULTILINE)
_PLACE: Final = re.compile("«([^»]*)»")


def examples_of(definition: str) -> Mapping[str, str]:
    """key -> what may stand after `key:`, its places marked."""
    parent = _PARENTS.get(definition, "StepSpec" if definition.endswith("Spec") else "")
    found: dict[str, str] = {}
    for name in filter(None, (parent, definition)):
        for key, value in _KEY.findall(EXAMPLES.get(name, "")):
            found.setdefault(key, value.rstrip())
    return found


def as_yaml(example: str) -> str:
    """As it would stand in a file."""
    return _PLACE.sub(r"\1", example)
