// Server-sent events out of bytes, however they are cut.

/** `feed(text)` gives what is complete: {event, id, data}, or {comment}. */
export function parser() {
  let rest = "";
  let fields = {};
  return function feed(text) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    const complete = [];
    for (const line of lines) {
      if (line === "") {
        if (fields.data !== undefined) complete.push({ event: "message", ...fields });
        fields = fields.id === undefined ? {} : { id: fields.id };
      } else if (line[0] === ":") complete.push({ comment: line.slice(1).trim() });
      else field(line);
    }
    return complete;
  };

  function field(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "data") fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
    else fields[name] = value;
  }
}
