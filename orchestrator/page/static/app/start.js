// Starting: filled in from the address, and nothing starts before the button is pressed.

import { html, useEffect, useMemo, useSignal } from "./base.js";
import { freshKey, get, post } from "./api.js";
import { barred, Deed, follow, Refusal } from "./actions.js";
import { Confirm } from "./confirm.js";
import { useTitle } from "./frame.js";
import { ErrorBox, NoPlan, Skeleton, State } from "./parts.js";
import { useResource } from "./resource.js";
import { address, filter, route } from "./router.js";
import { Shards } from "./shards.js";
import { t } from "./texts.js";

const MANY = 100;

export default function Start() {
  const { query } = route.value;
  useTitle(t("run"));
  const key = JSON.stringify(["start", query.plan, query.case]);
  const { data, error, reload } = useResource(key, (abort) => wanted(query, abort));
  if (error?.code === 40009 && query.plan) return html`<${NoPlan} id=${query.plan} />`;
  if (error) return html`<${ErrorBox} error=${error} again=${reload} />`;
  if (!data) return html`<${Skeleton} lines=${4} />`;
  if (data.plans) return html`<${Choose} plans=${data.plans} />`;
  return html`<${Form} key=${key} what=${data} query=${query} />`;
}

/** The environment of what a list begins with, its newest: another plan's would be a wrong guess. */
export const lastEnv = (path, asked, said) => get(path, { ...asked, pageSize: 1 }, said).then((one) => one.list[0]?.env_code, () => undefined);

/** {name, cases, body}: what the address asks for; or the plans to choose from. */
async function wanted(query, abort) {
  const said = { signal: abort };
  const environments = await get("/automation/environment/list", {}, said).then((one) => one.list.map((row) => row.env_code), () => []);
  if (query.plan) {
    const plan = await get("/automation/plan/detail", { planId: query.plan }, said);
    const env = query.env ?? await lastEnv("/automation/execution/list", { planId: query.plan }, said);
    return { environments, env, name: plan.plan_name, plan, cases: plan.cases.filter((one) => one.enabled) };
  }
  if (query.case) {
    const found = (await get("/automation/case/list", { caseIds: query.case }, said)).list[0];
    const env = query.env ?? await lastEnv("/automation/case/history", { caseId: query.case }, said);
    return { environments, env, name: found?.case_title ?? t("case.number", { n: query.case }), single: Number(query.case), cases: [] };
  }
  return { plans: (await get("/automation/plan/list", { view: "brief", pageSize: 500, projectId: query.project }, said)).list };
}

function Choose({ plans }) {
  if (!plans.length) return html`<${State} title=${t("plans.none")}><p><a href="/plans/new">${t("plans.new")}</a></p></${State}>`;
  return html`<section class="sheet form"><h1>${t("run.what")}</h1><ul class="choices">${plans.map((plan) => html`<li key=${plan.plan_id}><a data-keep href=${address("/run", { plan: plan.plan_id, env: plan.last?.env_code })}>
    <bdi>${plan.plan_name}</bdi><span class="quiet small num">${t("list.cases", { n: plan.case_count })}</span></a></li>`)}</ul></section>`;
}

function Form({ what, query }) {
  const key = useMemo(freshKey, []);
  const env = useSignal(query.env ?? what.env ?? "");
  const shards = useSignal(Number(query.shards) || what.plan?.shards || 1);
  const mode = useSignal(Number(query.mode) || 1);
  const state = useSignal({ error: null, busy: false, asking: false });
  const rounds = [...new Set(what.cases.map((one) => one.round_no).filter((round) => round !== null))].sort((a, b) => a - b);
  const round = Number(query.round) || null;
  const chosen = query.cases ? new Set(query.cases.split(",").map(Number)) : null;
  const within = what.cases.filter((one) => (round === null || one.round_no === null || one.round_no === round) && (!chosen || chosen.has(one.case_id)));
  const count = what.single ? 1 : new Set(within.map((one) => one.case_id)).size;
  const running = useRunning(what, env.value, round);
  const why = barred("run") ?? (!env.value.trim() ? t("run.no_env") : count === 0 ? t("plan.nothing") : null);
  const start = async (form) => {
    state.value = { error: null, busy: true, asking: false };
    const fields = form.elements;
    const body = { envCode: env.value.trim(), runMode: shards.value > 1 ? 2 : mode.value, remark: fields.remark.value.trim() || undefined, jenkinsJobName: fields.job?.value.trim() || undefined };
    try {
      const row = what.single ? await post("/automation/case/run", { ...body, caseId: what.single }, { "Idempotency-Key": key })
        : await post("/automation/plan/run", { ...body, shards: shards.value, planId: what.plan.plan_id, roundNo: round ?? undefined, caseIds: chosen ? [...new Set(within.map((one) => one.case_id))] : undefined }, { "Idempotency-Key": key });
      follow(row);
    } catch (error) {
      state.value = { error, busy: false, asking: false };
    }
  };
  const sent = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (why || state.value.busy) return;
    if (count > MANY) state.value = { ...state.value, asking: form };
    else start(form);
  };
  return html`<form class="sheet form" onSubmit=${sent}><h1>${t("run")}</h1><p class="subject"><bdi>${what.name}</bdi> <span class="quiet">${t("list.cases", { n: count })}</span></p>
    ${running && html`<p class="small status warn">${t("run.running")} <a href="/executions/${running}">#${running}</a></p>`}
    <label class="over">${t("environment")}<input class="field" name="env" list="environments" aria-describedby="env-hint" required maxlength="64" value=${env.value} onInput=${(event) => (env.value = event.target.value)} /></label>
    <p id="env-hint" class="quiet small">${t("run.env_hint")}</p>
    <datalist id="environments">${what.environments.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
    <fieldset class="over"><legend class="small quiet">${t("fact.mode")}</legend>${[1, 2].map((one) => html`<label key=${one}><input type="radio" name="mode" value=${one} disabled=${shards.value > 1} checked=${(shards.value > 1 ? 2 : mode.value) === one} onChange=${() => (mode.value = one)} /> ${t(`mode.${one}`)}</label>`)}</fieldset>
    ${what.plan && html`<${Shards} shards=${shards} />`}
    ${rounds.length > 0 && html`<label class="over">${t("fact.round")}<select class="select" value=${round ?? ""} onChange=${(event) => filter({ round: event.target.value || undefined }, { replace: true })}>
      <option value="">${t("round.every")}</option>${rounds.map((one) => html`<option key=${one} value=${one}>${t("round", { n: one })}</option>`)}</select></label>`}
    ${what.plan?.jenkins_job_name !== undefined && what.plan?.jenkins_job_name !== null && html`<label class="over">${t("plan.job")}<input class="field" name="job" maxlength="255" defaultValue=${what.plan.jenkins_job_name} /></label>`}
    <label class="over">${t("fact.remark")}<input class="field" name="remark" maxlength="255" /></label>
    ${state.value.error && html`<${Refusal} error=${state.value.error} />`}
    <div class="actions end"><${Deed} primary type="submit" why=${why}>${t("run.go", { n: count })}</${Deed}></div>
    ${state.value.asking && html`<${Confirm} text=${t("run.ask", { n: count, name: what.name, env: env.value })} onYes=${() => start(state.value.asking)} onClose=${() => (state.value = { ...state.peek(), asking: false })} />`}</form>`;
}

/** The execution that would be in the way, said before the button is pressed. */
function useRunning(what, env, round) {
  const found = useSignal(null);
  useEffect(() => {
    found.value = null;
    if (!what.plan || !env) return undefined;
    const abort = new AbortController();
    get("/automation/execution/list", { planId: what.plan.plan_id, envCode: env, status: "0,1,2,3", pageSize: 20 }, { signal: abort.signal })
      .then((said) => (found.value = said.list.find((row) => row.plan_round_no === round)?.id ?? null), () => {});
    return () => abort.abort();
  }, [env, round]);
  return found.value;
}
