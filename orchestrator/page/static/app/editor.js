// Writing a plan: the catalogue at the left, the plan at the right, all of it by mouse or by keys.

import { html, useEffect, useLayoutEffect, useSignal } from "./base.js";
import { get, post } from "./api.js";
import { Board } from "./board.js";
import { added, differences, entry } from "./draft.js";
import { useTitle } from "./frame.js";
import { complaint, ErrorBox, Skeleton } from "./parts.js";
import { projectName, projects } from "./projects.js";
import { keep } from "./resource.js";
import { filter, go, guard, route } from "./router.js";
import { barred, Deed } from "./actions.js";
import { Shards } from "./shards.js";
import { Source } from "./source.js";
import { t } from "./texts.js";

const EMPTY = { plan_id: null, plan_name: "", project_id: null, jenkins_job_name: null, shards: 1, entries: [] };

export default function Editor() {
  const { plan, query } = route.value;
  const saved = useSignal(null);
  const error = useSignal(null);
  useTitle(t(plan ? "edit" : "plans.new"));
  useEffect(() => {
    const abort = new AbortController();
    opened(plan, query, abort.signal).then((said) => (saved.value = said), (one) => abort.signal.aborted || (error.value = one));
    return () => abort.abort();
  }, [plan, query.project]);
  if (error.value) return html`<${ErrorBox} error=${error.value} />`;
  return saved.value ? html`<${Form} key=${plan ?? `new ${saved.value.project_id}`} saved=${saved} />` : html`<${Skeleton} />`;
}

/** What is saved; a new plan begins with the cases that the address names. */
async function opened(plan, query, abort) {
  if (plan) {
    const said = await get("/automation/plan/detail", { planId: plan }, { signal: abort });
    return { ...said, entries: said.cases.map(entry), begun: null };
  }
  const begun = query.cases ? await get("/automation/case/list", { caseIds: query.cases, pageSize: 500 }, { signal: abort }) : { list: [] };
  const project = Number(query.project) || begun.list[0]?.project_id || (await get("/automation/project/list", {}, { signal: abort })).list[0]?.project_id || 1;
  return { ...EMPTY, project_id: project, begun: added([], begun.list.filter((row) => row.project_id === project)) };
}

function Form({ saved }) {
  const start = saved.value;
  const name = useSignal(start.plan_name);
  const job = useSignal(start.jenkins_job_name ?? "");
  const shards = useSignal(start.shards);
  const entries = useSignal(start.begun ?? start.entries);
  const state = useSignal({ error: null, busy: false });
  const diff = differences(start.entries, entries.value);
  const changed = name.value !== start.plan_name || job.value !== (start.jenkins_job_name ?? "") || shards.value !== start.shards || Object.values(diff).some(Boolean);
  // before the next event: a question about what is unsaved must not be that of the render before
  useLayoutEffect(() => guard(() => (changed && !state.peek().busy ? t("editor.unsaved") : null)), [changed]);
  const why = barred("manage") ?? (!name.value.trim() ? t("editor.no_name") : !entries.value.length ? t("editor.no_cases") : null);
  const save = async (event) => {
    event.preventDefault();
    if (why) return;
    state.value = { error: null, busy: true };
    try {
      const cases = entries.value.map((one) => ({ caseId: one.case_id, planCaseId: one.plan_case_id ?? undefined, roundNo: one.round_no ?? undefined }));
      const said = await post("/automation/plan/save", { planId: start.plan_id ?? undefined, projectId: start.project_id, planName: name.value.trim(), jenkinsJobName: job.value.trim() || undefined, shards: shards.value, cases });
      keep(JSON.stringify(["plan", said.plan_id]), said);
      go(`/plans/${said.plan_id}`, { replace: start.plan_id === null });
    } catch (error) {
      state.value = { error, busy: false };
    }
  };
  return html`<form class="editor" onSubmit=${save}><header class="verdict"><h1>${t(start.plan_id ? "editor.edit" : "plans.new")}</h1>
      <div class="actions deeds"><a class="button" href=${start.plan_id ? `/plans/${start.plan_id}` : "/plans"}>${t("no")}</a>
        <${Deed} primary type="submit" why=${why}>${t("save")}</${Deed}></div>
      <p class="sentence small quiet" role="status">${why ?? (changed ? said(diff, start) : t("editor.same"))}</p></header>
    ${state.value.error && html`<p class="error-box" role="alert">${complaint(state.value.error)}</p>`}
    <div class="fields">${!start.plan_id && projects.value.length > 1 && html`<label class="over">${t("project")}<select class="select" value=${start.project_id} onChange=${(event) => elsewhere(event.target, start.project_id)}>
      ${projects.value.map((one) => html`<option key=${one.project_id} value=${one.project_id}>${projectName(one.project_id)}</option>`)}</select></label>`}
      <label class="over">${t("plan.name")}<input class="field" name="name" required maxlength="255" value=${name.value} onInput=${(event) => (name.value = event.target.value)} /></label>
      <label class="over">${t("plan.job")}<input class="field" name="job" maxlength="255" value=${job.value} onInput=${(event) => (job.value = event.target.value)} /></label>
      <${Shards} shards=${shards} /></div>
    <div class="boards"><${Source} project=${start.project_id} entries=${entries} /><${Board} entries=${entries} /></div></form>`;
}

/** Another project is another plan; until it is there, or if the reader stays, it is still this one's. */
function elsewhere(field, project) {
  filter({ project: field.value, cases: undefined });
  field.value = project;
}

/** What saving would change, in words. */
function said(diff, start) {
  if (!start.plan_id) return t("editor.new", { n: diff.added });
  const parts = Object.entries(diff).filter(([, n]) => n).map(([kind, n]) => t(`editor.${kind}`, { n }));
  return parts.length ? parts.join(t("comma")) : t("editor.renamed");
}
