// One plan: its cases in their order, and what can be done with it.

import { html, useSignal } from "./base.js";
import { get, post } from "./api.js";
import { barred, Deed } from "./actions.js";
import { Confirm } from "./confirm.js";
import { useTitle } from "./frame.js";
import { complaint, ErrorBox, NoPlan, Skeleton } from "./parts.js";
import { useResource } from "./resource.js";
import { address, go, route, useArrival } from "./router.js";
import { Trend } from "./trend.js";
import { t } from "./texts.js";

export default function Plan() {
  const id = route.value.plan;
  const { data, error, reload } = useResource(JSON.stringify(["plan", id]), (abort) => get("/automation/plan/detail", { planId: id }, { signal: abort }));
  useTitle(data?.plan_name);
  useArrival(data !== undefined);
  if (error?.code === 40009) return html`<${NoPlan} id=${id} />`;
  if (error) return html`<${ErrorBox} error=${error} again=${reload} />`;
  if (!data) return html`<${Skeleton} />`;
  const rounds = [...new Set(data.cases.map((one) => one.round_no).filter((round) => round !== null))].sort((a, b) => a - b);
  return html`<header class="verdict"><div><h1><bdi>${data.plan_name}</bdi></h1><span class="quiet">${t("list.cases", { n: data.cases.length })}</span>
      ${data.shards > 1 && html` <span class="tag">${t("legs.of", { n: data.shards })}</span>`}</div><${Deeds} plan=${data} /></header>
    <${Trend} plan=${id} /><p class="actions"><a class="chip" href=${address("/executions", { plan: id })}>${t("plan.runs")}</a>
      ${rounds.map((round) => html`<a key=${round} class="chip" href=${address("/run", { plan: id, round })}>${t("plan.round", { n: round })}</a>`)}</p>
    <ol class="sheet rows">${data.cases.map((one) => html`<li key=${one.plan_case_id} class=${one.enabled ? "row entry" : "row entry off"}><span class="quiet num">${one.run_order}</span>
      <span class="name"><a href="/cases/${one.case_id}"><bdi>${one.case_title || one.case_key}</bdi></a><bdi class="quiet small">${one.case_key}</bdi></span>
      <span class="quiet small${one.round_no === null ? " none" : ""}">${one.round_no === null ? t("round.every") : t("round", { n: one.round_no })}</span>${!one.enabled && html`<span class="tag amber">${t("catalogue.state.disabled")}</span>`}</li>`)}</ol>`;
}

function Deeds({ plan }) {
  const asking = useSignal(false);
  const failed = useSignal(null);
  const remove = async () => {
    asking.value = false;
    try {
      await post("/automation/plan/delete", { planId: plan.plan_id });
      go("/plans");
    } catch (error) {
      failed.value = error;
    }
  };
  return html`<div class="actions deeds"><${Deed} primary why=${barred("run")} onClick=${() => go(address("/run", { plan: plan.plan_id }))}>${t("run")}</${Deed}>
    <${Deed} why=${barred("manage")} onClick=${() => go(`/plans/${plan.plan_id}/edit`)}>${t("edit")}</${Deed}>
    <${Deed} danger why=${barred("manage")} onClick=${() => (asking.value = true)}>${t("delete")}</${Deed}>
    ${failed.value && html`<p class="error-box" role="alert">${complaint(failed.value)}</p>`}
    ${asking.value && html`<${Confirm} danger text=${t("plan.delete.ask", { name: plan.plan_name, n: plan.cases.length })} onYes=${remove} onClose=${() => (asking.value = false)} yes=${t("delete")} />`}</div>`;
}
