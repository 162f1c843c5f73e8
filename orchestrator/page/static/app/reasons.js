// The service's own words, which are Chinese, in the reader's language: reasons, and what it refuses.

import { html } from "./base.js";
import { language } from "./texts.js";

/** Each as a whole or as a beginning; `$1` is what it names. */
const ENGLISH = [
  [/^：/, ": "],
  [/^执行机失联：超过 (\d+) 秒没有心跳/, "the runner is lost: no sign of life for $1 s"],
  [/^pytest 进程已结束（被信号 (\d+) 终止）/, "the pytest process was ended by signal $1"],
  [/^pytest 进程已结束（退出码 (-?\d+)）/, "the pytest process ended with exit code $1"],
  [/^pytest 进程已结束/, "the pytest process has ended"],
  [/^；未送达的结果留在 (.+)，可用 pytest --sisyphus-replay 补报/, "; results that were not delivered are in $1: pytest --sisyphus-replay sends them"],
  [/^无法启动 pytest: /, "pytest cannot be started: "],
  [/^项目目录不存在: /, "there is no project folder "],
  [/^服务正在关闭/, "the service is closing"],
  [/^服务进程已退出，执行机已不存在该任务/, "the service ended, and the runner no longer has it"],
  [/^执行机已结束/, "the runner has ended"],
  [/^执行机已不存在该任务/, "the runner no longer has it"],
  [/^执行机长时间无法访问：/, "the runner cannot be reached: "],
  [/^执行机没有及时应答/, "the runner did not answer in time"],
  [/^执行机程序出错，详见服务日志/, "the runner's program failed, see the service's log"],
  [/^触发过程中断/, "it was interrupted while it was triggered"],
  [/^执行结束时仍有用例未上报结果/, "the run ended while cases had no result"],
  [/^执行异常结束，用例正在执行，未收到结果/, "the run ended early while this case ran; no result came"],
  [/^执行异常结束，用例未开始/, "the run ended early; this case had not started"],
  [/^已取消，执行中被中断/, "canceled while it ran"],
  [/^已取消，执行未开始/, "canceled before it began"],
  [/^已取消/, "canceled"],
  [/^触发失败，执行中被中断/, "not triggered; interrupted"],
  [/^触发失败，未执行/, "not triggered; it did not run"],
  [/^未指定 Jenkins 任务：请求、计划与服务默认值均为空/, "no Jenkins job: neither request, plan nor service names one"],
  [/^在 Jenkins 队列中被取消/, "canceled in the queue of Jenkins"],
  [/^Jenkins 构建 #(\d+) 已结束：没有结果/, "Jenkins build #$1 ended without a result"],
  [/^Jenkins 构建 #(\d+) 已结束：/, "Jenkins build #$1 ended: "],
  [/^Jenkins 中已找不到该执行的排队项或构建/, "Jenkins has neither the queue item nor the build any more"],
  [/^无法连接 Jenkins/, "Jenkins cannot be reached"],
  [/^Jenkins 没有及时应答/, "Jenkins did not answer in time"],
  [/^与 Jenkins 的连接中断/, "the connection to Jenkins broke"],
  [/^Jenkins 用户名或令牌错误/, "Jenkins refuses user or token"],
  [/^Jenkins 拒绝访问，用户缺少权限/, "Jenkins: the user may not do that"],
  [/^Jenkins 中不存在/, "Jenkins has no such job"],
  [/^Jenkins 任务已被禁用/, "the Jenkins job is disabled"],
  [/^Jenkins 正在启动或重启/, "Jenkins is starting"],
  [/^Jenkins 拒绝了请求/, "Jenkins refused the request"],
  [/^该计划不存在/, "There is no such plan"],
  [/^计划下无可执行自动化用例/, "The plan has no case that can be run"],
  [/^没有需要重跑的用例/, "No case needs to be run again"],
  [/^计划 (\d+) 属于项目 (\d+)，不能改为其他项目/, "Plan $1 belongs to project $2, and cannot move to another"],
  [/^cases 中的 caseId (\d+) 不存在或未接入自动化/, "Case $1 does not exist, or is not automated"],
  [/^cases 中的 caseId (\d+) 属于项目 (\d+)/, "Case $1 belongs to project $2"],
  [/^caseIds 中的 (\d+) 不在该计划（轮次）内/, "Case $1 is not in the plan, or not in its round"],
  [/^caseIds 中的 (\d+) 不在该执行内/, "Case $1 is not in the execution"],
  [/^该环境下已有执行未结束/, "An execution in this environment has not ended"],
  [/^该 Idempotency-Key 已用于另一个请求/, "This Idempotency-Key was used for another request"],
  [/^当前状态不允许该操作/, "Its status does not allow this"],
  [/^该执行已结束/, "The execution has ended"],
  [/^参数错误/, "The request is wrong"],
  [/^数据库暂时不可用，请稍后重试/, "The database cannot be reached, try again later"],
  [/^服务繁忙，请稍后重试/, "The service is busy, try again later"],
  [/^服务内部错误（请求编号 (\w+)）/, "The service failed (request $1)"],
];
const HAN = /\p{Script=Han}/u;

/** As text; what has no translation stays as it was said. */
export function translated(text) {
  let rest = text;
  let said = "";
  for (let found = true; found && rest;) {
    found = ENGLISH.find(([pattern]) => pattern.test(rest));
    if (!found) break;
    const [whole] = rest.match(found[0]);
    said += whole.replace(found[0], found[1]);
    rest = rest.slice(whole.length);
  }
  return said + rest;
}

/** As text, in the reader's language. */
export const inWords = (text) => (language.value === "zh" ? text : translated(text));

export function reason(text) {
  if (!text) return "";
  const said = inWords(text);
  return html`<bdi lang=${language.value !== "zh" && HAN.test(said) ? "zh" : undefined}>${said}</bdi>`;
}
