// A message centre for the tests, made of the npm package smpp: it prints what it is sent as
// JSON lines, and does what the lines on its standard input say.
const readline = require("readline");
const smpp = require("smpp");

const [, , port, key, cert] = process.argv;
let mode = {};
let made = 0;
const sessions = new Set();

function say(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}

// Receipts that nobody has acknowledged; a new session gets them again, as a centre does.
const untaken = new Map();
// Answers that are held back until there are so many; then the connection ends with them.
const held = [];

function pass(session) {
  for (const [id, fields] of untaken) {
    session.deliver_sm(fields, () => {
      if (untaken.delete(id)) say("receipt_taken", { id });
    });
  }
}

function receipt(pdu, id) {
  const how = mode.receipt || {};
  const stat = how.stat || "DELIVRD";
  const told = how.hex ? parseInt(id, 10).toString(16) : id;
  const fields = {
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${told} sub:001 dlvrd:001 submit date:2611260103 done date:2611260103 stat:${stat} err:${how.err || "000"} text:`,
  };
  if (!how.text) Object.assign(fields, { receipted_message_id: told, message_state: how.state || 2 });
  untaken.set(id, fields);
  for (const session of sessions) pass(session);
}

function submit(session, pdu) {
  const body = pdu.short_message;
  const text = Buffer.isBuffer(body.message) ? body.message.toString("hex") : body.message;
  const udh = (body.udh || []).map((part) => part.toString("hex"));
  say("submit", {
    from: pdu.source_addr, to: pdu.destination_addr, ton: pdu.source_addr_ton, npi: pdu.source_addr_npi,
    coding: pdu.data_coding, esm: pdu.esm_class, validity: pdu.validity_period, text, udh,
    sar: [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
  });
  if (mode.drop_after !== undefined && mode.drop_after-- <= 0) {
    delete mode.drop_after;
    sessions.delete(session);
    session.socket.destroy();
    return;
  }
  if (mode.refuse && mode.refuse.times-- > 0) {
    session.send(pdu.response({ command_status: mode.refuse.status }));
    return;
  }
  const id = String(++made + 100000);
  if (mode.early) receipt(pdu, id);
  const answer = () => {
    session.send(pdu.response({ message_id: id }));
    if (!mode.early && !mode.silent) setTimeout(() => receipt(pdu, id), 10);
  };
  if (mode.last_words) {
    held.push(answer);
    if (held.length < mode.last_words) return;
    delete mode.last_words;
    for (const held_back of held.splice(0)) held_back();
    sessions.delete(session);
    session.socket.end();
    return;
  }
  setTimeout(answer, mode.early ? 200 : mode.slow || 0);
}

const server = smpp.createServer(key ? { key: require("fs").readFileSync(key), cert: require("fs").readFileSync(cert) } : {}, (session) => {
  session.on("error", () => {});
  session.on("close", () => sessions.delete(session));
  session.on("bind_transceiver", (pdu) => {
    if (pdu.password !== "secret") {
      session.send(pdu.response({ command_status: 14 }));
      return;
    }
    sessions.add(session);
    session.send(pdu.response());
    say("bind", { system_id: pdu.system_id, type: pdu.system_type });
    pass(session);
  });
  session.on("submit_sm", (pdu) => submit(session, pdu));
  session.on("enquire_link", (pdu) => {
    say("enquire_link", {});
    if (!mode.deaf) session.send(pdu.response());
  });
  session.on("unbind", (pdu) => { say("unbind", {}); session.send(pdu.response()); });
});
server.listen(Number(port), "127.0.0.1", () => say("listening", {}));

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  if (order.mode) mode = order.mode;
  for (const fields of order.deliver || []) {
    const part = { ...fields };
    if (part.udh) part.short_message = { udh: Buffer.from(part.udh, "hex"), message: part.short_message };
    delete part.udh;
    for (const session of sessions) session.deliver_sm(part, (pdu) => say("taken", { status: pdu.command_status }));
  }
  if (order.drop) for (const session of sessions) session.socket.destroy();
  say("done", {});
}).on("close", () => process.exit(0));
