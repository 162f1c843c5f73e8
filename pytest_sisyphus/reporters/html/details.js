// The inside of a case: its steps, and of each step all that was recorded and nothing else.

const PHASES = ["dns_time", "tcp_time", "tls_time", "server_time", "download_time"];
const CONNECTING = new Set(["dns_time", "tcp_time", "tls_time"]);
const isBad = (status) => status !== "success" && status !== "skipped";

/** `said`: the error that the case's own line shows already. */
function caseDetails(data, said = "") {
  const { meta = {} } = data.test_case;
  const steps = tree(data.steps);
  const bad = data.error_info;
  const isTold = !bad || visible(bad.message) === said || data.steps.some((step) => sameError(step.error_info, bad));
  const isTrace = meta.trace && meta.trace.trim() !== bad?.message.trim();
  return [
    isTold ? null : errorBlock(bad, meta.cause),
    isTrace ? part(t.trace, "", () => box(meta.trace, { label: t.trace }), !steps.some((node) => node.bad)) : null,
    steps.length ? element("div", { class: "steps" }, steps.map(stepBlock)) : null,
    steps.length || (meta.kind ?? "case") !== "case" ? null : element("p", { class: "quiet" }, t.no_steps),
    variablesPart(t.final_variables, data.final_variables, false),
    variablesPart(t.properties, Object.fromEntries(meta.properties ?? []), true),
    earlierPart(meta.reruns ?? []),
  ].filter(Boolean);
}

/** Attempts of the whole case that were repeated. */
function earlierPart(reruns) {
  if (!reruns.length) return null;
  return part(t.earlier, reruns.length, () => element("div", { class: "steps" }, reruns.map((data, i) =>
    fold({ class: "step" }, [
      stepStatus({ passed: "success" }[data.test_case.status] ?? data.test_case.status),
      element("span", { class: "title" }, element("span", { class: "name" }, `${t.attempt} ${i + 1}`),
        element("span", { class: "place" }, data.error_info?.message ?? "")),
      element("span", { class: "numbers" }, measured(data.test_case.duration)),
    ], () => element("div", { class: "inside" }, caseDetails(data)), false))), false);
}

/** A duration in seconds; nothing where there is none. */
const measured = (seconds) => (numberOf(seconds) === null ? "" : duration(numberOf(seconds)));

const sameError = (one, other) => one && one.message === other.message && one.type === other.type;

/** Steps with those that ran inside them. */
function tree(steps) {
  const roots = [];
  const named = new Map();
  for (const step of steps) {
    const node = { step, children: [], bad: isBad(step.status) };
    (named.get(step.parent)?.children ?? roots).push(node);
    for (let above = node.bad ? named.get(step.parent) : null; above; above = named.get(above.step.parent)) {
      if (above.bad && above !== node) break;
      above.bad = true;
    }
    named.set(step.name, node);
  }
  return roots;
}

function stepBlock(node) {
  return fold({ class: `step ${isBad(node.step.status) ? "failed" : node.step.status}` },
    stepLine(node.step), () => element("div", { class: "inside" }, stepParts(node)), node.bad);
}

function stepLine(step) {
  const { meta = {}, response = {} } = step;
  const request = response.request;
  return [
    stepStatus(step.status),
    element("span", { class: "title" },
      element("bdi", { class: "name" }, step.name),
      element("span", { class: "tag" }, meta.type ?? ""),
      response.mocked ? element("span", { class: "tag" }, t.mocked) : null,
      (step.attempts ?? []).length > 1 ? element("span", { class: "tag" }, filled(t.retried, { count: step.attempts.length })) : null,
      request ? element("span", { class: "place" }, `${request.method} ${request.url}`) : null),
    element("span", { class: "numbers" },
      response.status_code === undefined ? null : element("span", { class: "code" }, String(response.status_code)),
      step.status === "skipped" ? null : element("span", { class: "time" }, measured(meta.duration))),
  ];
}

function stepParts(node) {
  const { step, children } = node;
  const { meta = {} } = step;
  return [
    element("p", { class: "place" }, meta.location ?? ""),
    meta.description ? element("p", { class: "description" }, meta.description) : null,
    stepError(node),
    step.status === "skipped" ? element("p", { class: "reason" }, t.skip_reason, meta.reason || t.no_reason) : null,
    checksPart(step),
    innerPart(node),
    responseParts(step, !children.length),
    variablesPart(t.extracted, step.extracted_vars, true),
    variablesPart(t.changed_before, step.variables_snapshot?.before, false),
    attemptsPart(step.attempts ?? []),
    timingPart(step.performance),
  ].filter(Boolean);
}

function innerPart({ children, bad }) {
  if (!children.length) return null;
  return part(t.inner_steps, children.length, () => element("div", { class: "steps" }, children.map(stepBlock)), bad || children.length <= 10);
}

/** What a failed check of the step says itself, or a step inside it, is not said twice. */
function stepError({ step, children }) {
  const error = step.error_info;
  if (!error) return null;
  const isTold = (step.validations ?? []).some((check) => !check.passed && check.error === error.message)
    || children.some((inner) => inner.step.error_info && error.message.endsWith(inner.step.error_info.message));
  if (!isTold) return errorBlock(error, step.meta?.cause);
  return error.suggestion ? hint(error) : null;
}

const hint = (error) => element("p", { class: "hint" }, element("b", {}, t.suggestion), error.suggestion);

function errorBlock(error, cause) {
  const category = t.cause[cause] ?? t.category[error.category] ?? error.category;
  return element("div", { class: "error-block" },
    element("p", { class: "error-type" }, icon("failed"), element("b", {}, error.type ?? t.error), category ? `· ${category}` : ""),
    element("pre", { tabindex: "0", role: "region", "aria-label": t.error }, error.message || t.no_message),
    error.suggestion ? hint(error) : null);
}

function checksPart(step) {
  const checks = step.validations ?? [];
  if (!checks.length) return null;
  const passed = checks.filter((check) => check.passed).length;
  const places = step.meta?.checks ?? [];
  return part(t.checks, filled(t.checks_passed, { passed, total: checks.length }), () =>
    element("ul", { class: "checks" }, checks.map((check, i) => checkItem(check, places[i], step.meta?.absent?.[i]))), true);
}

function checkItem(check, place, absent) {
  const [expected, actual] = bothSides(check, absent);
  const look = check.passed ? "passed" : "failed";
  return element("li", { class: look },
    element("p", { class: "check" },
      element("span", { class: `status ${look}` }, icon(look), t.status[look]),
      element("code", {}, `${check.path} ${check.type}`.trim()),
      check.description ? element("span", { class: "description" }, check.description) : null,
      place && place !== "None" ? element("span", { class: "place" }, place) : null),
    element("dl", { class: "sides" },
      element("div", { class: "expected" }, element("dt", {}, t.expected), element("dd", {}, expected)),
      element("div", { class: "actual" }, element("dt", {}, t.actual), element("dd", {}, actual))),
    check.passed || !check.error ? null : element("p", { class: "check-error" }, check.error));
}

/** Equality alone is a matter of words that differ; other failed checks mark the whole value. */
function bothSides(check, absent) {
  if (t.absent[absent]) return [sideOf([{ text: written(check.expected), differs: false }]), element("p", { class: "absent" }, t.absent[absent])];
  const sides = [check.expected, check.actual];
  const kinds = sides.map(kindOf);
  const texts = sides.map(written);
  if (check.passed) return texts.map((text) => sideOf([{ text, differs: false }]));
  if (check.type !== "eq") return texts.map((text, i) => sideOf([{ text, differs: i === 1 }]));
  const fine = kinds[0] === kinds[1] && kinds[0] !== "number";
  const pieces = fine ? difference(...texts) : texts.map((text) => [{ text, differs: true }]);
  return pieces.map((side, i) => sideOf(side, kinds[0] === kinds[1] ? null : t.kind[kinds[i]]));
}

/** Of a long value the place is in view that differs. */
function showFirstMark(pre) {
  const mark = pre.querySelector("mark");
  if (mark && pre.scrollHeight > pre.clientHeight) pre.scrollTop = mark.offsetTop - pre.offsetTop - 40;
}

function sideOf(pieces, kind = null) {
  const nodes = pieces.map((piece) => (piece.differs ? element("mark", {}, distinct(piece.text)) : piece.text));
  const pre = element("pre", {}, nodes);
  requestAnimationFrame(() => showFirstMark(pre));
  return [
    pre,
    kind ? element("span", { class: "tag" }, kind) : null,
  ];
}

/** `open`: of steps with others inside, these tell more than the result. */
function responseParts(step, open) {
  const { response } = step;
  if (!response) return null;
  if (response.status_code === undefined) {
    return part(t.result, "", () => valueBox(response, t.result), open && written(response).length <= OPEN_LIMIT);
  }
  return element("div", { class: "exchange" },
    response.request ? part(t.request, response.request.method, () => requestInside(response.request), true) : null,
    part(t.response, responseExtra(response), () => responseInside(response), true));
}

function responseExtra(response) {
  const size = numberOf(response.size);
  return [response.status_code, size === null ? null : bytes(size), response.mocked ? t.mocked : null].filter((one) => one !== null).join(" · ");
}

function requestInside(request) {
  return [
    element("p", { class: "target" }, element("b", {}, request.method), " ", request.url),
    mappingPart(t.headers, request.headers),
    "body" in request ? bodyPart(request) : null,
    curlBlock(request),
  ];
}

function curlBlock(request) {
  const { command, notes } = curl(request);
  const lines = notes.map((note) => element("p", { class: "quiet" }, note));
  if (!command) return element("div", { class: "curl" }, lines);
  const whole = () => [...notes.map((note) => `# ${note}\n`), command].join("");
  return element("div", { class: "curl" },
    copyButton(`${t.copy} curl`, whole),
    part(t.curl, "", () => [...lines, box(command, { label: t.curl })], false));
}

function responseInside(response) {
  const hops = response.history ?? [];
  return [
    hops.length ? part(t.redirects, hops.length, () => element("ol", { class: "hops" }, hops.map((hop) => element("li", {}, `${hop.status_code} ${hop.url}`))), true) : null,
    mappingPart(t.headers, response.headers),
    mappingPart(t.cookies, response.cookies),
    "body" in response ? bodyPart(response) : null,
  ];
}

function mappingPart(label, mapping) {
  const count = Object.keys(mapping ?? {}).length;
  return count ? part(label, count, () => pairs(mapping), false) : null;
}

function bodyPart(holder) {
  const { body } = holder;
  if (body === null || body === "") return element("p", { class: "quiet" }, `${t.body}: ${t.empty_body}`);
  const text = bare(body);
  const cut = holder.truncated ? element("p", { class: "cut" }, filled(t.cut, { size: bytes(numberOf(holder.full_size) ?? 0) })) : null;
  const binary = typeof body.base64 === "string" && Object.keys(body).length === 1;
  const size = kindOf(body) === "string" && !holder.truncated ? bytes(new Blob([text]).size) : "";
  return element("div", { class: "copyable" }, copyButton(t.copy, () => text), part(t.body, size, () => [
    cut,
    binary ? element("p", { class: "quiet" }, t.base64_body) : null,
    binary ? box(body.base64, { label: t.body }) : valueBox(body, t.body),
  ], text.length <= OPEN_LIMIT));
}

/** Text that is JSON is laid out, not changed. */
function valueBox(value, label) {
  if (kindOf(value) !== "string") return box(written(value), { json: true, label });
  return isJson(value) ? box(indented(value), { json: true, label }) : box(value, { label });
}

function variablesPart(label, variables, open) {
  const count = Object.keys(variables ?? {}).length;
  return count ? part(label, count, () => pairs(variables), open && written(variables).length <= OPEN_LIMIT) : null;
}

function attemptsPart(attempts) {
  if (attempts.length < 2) return null;
  return part(t.attempts, attempts.length, () => [
    table(
      [t.attempt, t.outcome, t.duration, t.waited_then, t.error],
      attempts.map((one) => [String(one.attempt), stepStatus(one.status), measured(one.duration), measured(one.delay), one.error_info?.message ?? ""]),
    ),
    ...attempts.filter((one) => one.request).map((one) => part(
      filled(t.attempt_request, { number: one.attempt }), `${one.request.method} ${one.request.url}`,
      () => valueBox(one.request, t.attempts), false,
    )),
  ], true);
}

/** Bars of what was measured, one after the other; what was not measured says so, what did not happen is not there. */
function timingPart(performance) {
  const total = numberOf(performance?.total_time);
  if (total === null) return null;
  const phases = PHASES.map((name) => [name, numberOf(performance[name])]).filter(([name, ms]) => !(ms === 0 && CONNECTING.has(name)));
  const sum = phases.reduce((all, [, ms]) => all + (ms ?? 0), 0);
  const whole = Math.max(total, sum) || 1;
  let start = 0;
  const rows = phases.map(([name, ms]) => {
    const row = bar(t.phase[name], ms, start / whole, (ms ?? 0) / whole, name);
    start += ms ?? 0;
    return row;
  });
  return part(t.timing, milliseconds(total), () => element("div", { class: "timing" },
    performance.reused ? element("p", { class: "quiet" }, t.reused) : null,
    rows,
    total > sum && phases.every(([, ms]) => ms !== null) ? bar(t.outside, total - sum, null, 0, "") : null,
    bar(t.total_time, total, 0, total / whole, "total")), true);
}

function bar(label, ms, start, width, kind) {
  const track = element("span", { class: `track ${kind}` });
  if (ms !== null && start !== null) {
    const block = element("i");
    block.style.marginLeft = `${Math.min(start * 100, 99.5)}%`;
    block.style.width = `${width * 100}%`;
    track.append(block);
  }
  return element("p", { class: "bar-row" }, element("span", {}, label), track,
    element("span", { class: "time" }, ms === null ? t.not_measured : milliseconds(ms)));
}
