"""Messages of `plugin`."""

from typing import Final

CHINESE: Final = {
    "--sisyphus-explain sends nothing: leave --sisyphus-sync out": "--sisyphus-explain 不发送任何内容：请去掉 --sisyphus-sync",
    "{file} in {folder} is not read, nor its conftest.py: without a pytest.ini the rootdir "
    "is {root}; put an empty pytest.ini into {folder}": "{folder} 中的 {file} 没有读取，那里的 conftest.py 也没有：没有 pytest.ini，rootdir 就是 {root}；请在 {folder} 中放一个空的 pytest.ini",
    "--sisyphus-env-file: {path} lies outside of {inside}": "--sisyphus-env-file：{path} 在 {inside} 之外",
    "--sisyphus-env-file: {error}": "--sisyphus-env-file：{error}",
    "--sisyphus-vars: {error}": "--sisyphus-vars：{error}",
    "sisyphus(case_id=None, case_key=None): the functional case this test stands for": "sisyphus(case_id=None, case_key=None): 该测试所代表的功能用例",
    "sisyphus steps": "sisyphus 步骤",
}
