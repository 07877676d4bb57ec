// An SMSC made of the npm package `smpp`: says on stdout what it was sent, one JSON object a line; does what stdin says.
const smpp = require("./node_modules/smpp");
const say = (what) => console.log(JSON.stringify(what));
let bound;
let taken = 0;

const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    const right = pdu.system_id === "gw1" && pdu.password === "secret08";
    session.send(pdu.response({ command_status: right ? 0 : smpp.ESME_RINVPASWD }));
    if (right) bound = session;
    say({ bind: pdu.system_id, right });
  });
  session.on("submit_sm", (pdu) => {
    const id = (++taken).toString(16).toUpperCase().padStart(8, "0");
    const refused = pdu.destination_addr === "447700900666";
    session.send(pdu.response(refused ? { command_status: smpp.ESME_RTHROTTLED } : { message_id: id }));
    say({
      submit: pdu.short_message.message, udh: (pdu.short_message.udh || []).map((each) => each.toString("hex")),
      coding: pdu.data_coding, from: pdu.source_addr, to: pdu.destination_addr, ton: pdu.dest_addr_ton,
      validity: pdu.validity_period, receipt: pdu.registered_delivery, total: pdu.sar_total_segments,
      payload: pdu.message_payload && pdu.message_payload.message,
    });
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    session.close();
    say({ unbind: true });
  });
});

server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { command, fields } = JSON.parse(line);
  bound[command](fields, (answer) => say({ answer: answer.command, status: answer.command_status }));
}).on("close", () => process.exit(0));
