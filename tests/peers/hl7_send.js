// Sends COUNT messages with control ids PREFIX1, PREFIX2, ... through node-hl7-client and prints what each
// answer says, as JSON lines. Usage: node hl7_send.js PORT PREFIX COUNT
const { Client, Message } = require('node-hl7-client')

const [port, prefix, count] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])]

const now = () => {
  const t = new Date().toISOString()
  return t.slice(0, 19).replace(/[-T:]/g, '') + '+0000'
}

const text = (id) => [
  `MSH|^~\\&|NODE|WARD|MAGWATCH|HOSP|${now()}||ORU^R01^ORU_R01|${id}|P|2.6`,
  'PV1|1|I|LD^^BED2',
  `OBR|1|||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|||${now()}`,
  'OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|16|264928^MDC_DIM_RESP_PER_MIN^MDC|||||R'
].join('\r')

let answered = 0
const client = new Client({ host: '127.0.0.1' })
const outbound = client.createOutbound({ port, waitAck: true }, async (response) => {
  // By lines: the client's own reader throws on the CR that HL7 puts after the last segment.
  const rows = response.getMessage().toString().split('\r').map((row) => row.split('|'))
  const [msh, msa] = ['MSH', 'MSA'].map((name) => rows.find((row) => row[0] === name))
  console.log(JSON.stringify({ code: msa[1], id: msa[2], type: msh[8], to: msh[4] }))
  answered += 1
  if (answered === count) {
    await outbound.close()
    process.exit(0)
  }
  await send()
})

let sent = 0
async function send () {
  sent += 1
  await outbound.sendMessage(new Message({ text: text(prefix + sent) }))
}

outbound.on('client.error', (error) => { console.error(String(error)); process.exit(1) })
setTimeout(() => { console.error('no answer in time'); process.exit(1) }, 60000)
send()
