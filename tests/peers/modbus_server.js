// A Modbus TCP server by modbus-serial that serves what tests/data/maps/every_order.toml describes, as unit 1.
// Prints its port on the first line and runs until its standard input ends.
const { ServerTCP } = require('modbus-serial')

const holding = new Map()
const put = (address, bytes, swapWords, swapBytes) => {
  const words = []
  for (let i = 0; i < bytes.length; i += 2) words.push(swapBytes ? bytes.readUInt16LE(i) : bytes.readUInt16BE(i))
  if (swapWords) words.reverse()
  words.forEach((word, i) => holding.set(address + i, word))
}
const bytes = (size, write) => {
  const b = Buffer.alloc(size)
  write(b)
  return b
}
put(0, bytes(4, (b) => b.writeFloatBE(123.5)), false, false)
put(10, bytes(4, (b) => b.writeFloatBE(2.25)), true, false)
put(20, bytes(4, (b) => b.writeFloatBE(151.5)), false, true)
put(30, bytes(4, (b) => b.writeFloatBE(95.25)), true, true)
put(40, bytes(4, (b) => b.writeUInt32BE(70000)), true, false)
put(50, bytes(4, (b) => b.writeUInt32BE(77)), false, false)
put(60, bytes(4, (b) => b.writeInt32BE(-100)), true, true)
put(70, bytes(8, (b) => b.writeBigUInt64BE(141n)), false, true)
put(80, bytes(8, (b) => b.writeDoubleBE(71.125)), true, false)

const vector = {
  getHoldingRegister: (address) => holding.get(address) ?? 0,
  getInputRegister: (address) => (address === 4 ? 965 : 0),
  getDiscreteInput: (address) => address === 3,
  getCoil: (address) => address === 8
}
const server = new ServerTCP(vector, { host: '127.0.0.1', port: 0, unitID: 1 })
server.on('initialized', () => console.log(server._server.address().port))
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
