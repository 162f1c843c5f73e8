"use strict";
/* The child program: runs one JavaScript script. The request and the result are those of runner.py;
   arguments: the descriptor of the result. */

const fs = require("node:fs");
const vm = require("node:vm");
const inspector = require("node:inspector");
const { createRequire } = require("node:module");

const FILE = "<script>";
const channel = Number(process.argv[2]);
const request = JSON.parse(fs.readFileSync(0, "utf8"));
const variables = { ...request.variables };
const changed = {};
const readExit = process.reallyExit.bind(process);

function send(answer) {
  const text = Buffer.from(JSON.stringify(answer));
  for (let sent = 0; sent < text.length; ) sent += fs.writeSync(channel, text, sent);
}

function kindOf(value) {
  if (typeof value === "object" && value !== null) return `a ${value.constructor?.name ?? "object"}`;
  return typeof value === "number" ? `the number ${value}` : `a ${typeof value}`;
}

/** The value as JSON has it; throws a TypeError for what is none. */
function jsonable(value, depth = 0) {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (depth > 100) throw new TypeError("nested too deeply");
  if (Array.isArray(value)) return value.map((item) => jsonable(item, depth + 1));
  if (value?.constructor === Object || (typeof value === "object" && !Object.getPrototypeOf(value))) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, jsonable(item, depth + 1)]),
    );
  }
  throw new TypeError(kindOf(value));
}

function get_var(name, fallback) {
  if (Object.hasOwn(variables, name)) return variables[name];
  if (arguments.length > 1) return fallback;
  throw new ReferenceError(`no variable '${name}'; give get_var() a default`);
}

function set_var(name, value) {
  if (typeof name !== "string" || !name) throw new TypeError(`set_var() takes a name, not ${name}`);
  try {
    changed[name] = variables[name] = jsonable(value);
  } catch (error) {
    throw new TypeError(`set_var('${name}'): ${error.message}`);
  }
}

function told(error) {
  const stack = String(error?.stack ?? "");
  const frames = [...stack.matchAll(/<script>:(\d+)/g)].map((found) => [Number(found[1]), ""]);
  return {
    type: String(error?.name ?? "Error"),
    message: String(error?.message ?? error).slice(0, 10000),
    frames: frames.reverse(),
    exit: false,
    code: null,
  };
}

/** Compiles the script; one with `return` at its top becomes a function's body. */
function compiled(text) {
  try {
    return new vm.Script(text, { filename: FILE });
  } catch (error) {
    if (!/Illegal return|await is only valid/.test(error.message)) throw error;
    const kind = /await is only valid/.test(error.message) ? "async " : "";
    return new vm.Script(`(${kind}() => {${text}\n})()`, { filename: FILE });
  }
}

/** Names that `let`, `const` and `class` made at the script's top: no object holds them. */
function lexicalNames() {
  let names = [];
  const session = new inspector.Session();
  session.connect();
  session.post("Runtime.globalLexicalScopeNames", {}, (error, found) => {
    names = error ? [] : found.names;
  });
  session.disconnect();
  return names;
}

function takeOver(before) {
  const leftOut = {};
  const made = Object.keys(globalThis).filter((name) => !before.has(name));
  for (const name of new Set([...made, ...lexicalNames()])) {
    if (name.startsWith("_")) continue;
    try {
      changed[name] = jsonable(vm.runInThisContext(name));
    } catch (error) {
      leftOut[name] = error.message;
    }
  }
  return leftOut;
}

function answerWith(value, leftOut) {
  try {
    return { result: value === undefined ? null : jsonable(value), variables: changed, left_out: leftOut };
  } catch (error) {
    leftOut["(result)"] = error.message;
    return { result: null, variables: changed, left_out: leftOut };
  }
}

function fail(error) {
  send({ error: told(error), variables: changed });
  readExit(0);
}

async function main() {
  globalThis.get_var = get_var;
  globalThis.set_var = set_var;
  globalThis.get_all_vars = () => ({ ...variables });
  globalThis.print = (...values) => console.log(...values);
  globalThis.response = request.response;
  if (request.imports) globalThis.require = createRequire(`${request.folder}/script.cjs`);
  process.on("uncaughtException", fail);
  process.exit = (code) => {
    send({
      error: { type: "process.exit", message: String(code ?? 0), frames: [], exit: true, code: code ?? 0 },
      variables: changed,
    });
    readExit(0);
  };
  const before = new Set(Object.keys(globalThis));
  const value = await compiled(request.script).runInThisContext();
  const answer = answerWith(value, takeOver(before));
  process.on("exit", () => send(answer));
}

main().catch(fail);
