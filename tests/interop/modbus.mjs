// A Modbus TCP server of another maker (modbus-serial), as the tests want it.
//
//   node modbus.mjs PORT
//
// The port must be a free one: this library takes 0 for its default.
// The first line in is JSON: {unit: {table: {address: word}}}, the tables being holding, input, coil and discrete. The
// first line out is {"port": …} once it listens. Further lines in are commands, each answered by one line:
//   {"put": {unit, table, address, value}}   another word
//   {"held": {unit, table, address}}         answered by {"value": …}
// What no table has is refused with exception 2. The end of the input ends the server.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { join } from "node:path";

// The packages stand in a cache folder, not beside this file.
const { ServerTCP } = createRequire(join(process.env.INTEROP_MODULES, "package.json"))("modbus-serial");

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const units = JSON.parse((await lines.next()).value);

const read = (unit, table, address) => {
  const value = units[unit]?.[table]?.[address];
  if (value === undefined) throw { modbusErrorCode: 2 };
  return value;
};
const write = (unit, table, address, value) => {
  read(unit, table, address);
  units[unit][table][address] = value;
};
const server = new ServerTCP(
  {
    getHoldingRegister: (address, unit) => read(unit, "holding", address),
    getInputRegister: (address, unit) => read(unit, "input", address),
    getCoil: (address, unit) => Boolean(read(unit, "coil", address)),
    getDiscreteInput: (address, unit) => Boolean(read(unit, "discrete", address)),
    setRegister: (address, value, unit) => write(unit, "holding", address, value),
    setCoil: (address, value, unit) => write(unit, "coil", address, Number(value)),
  },
  { host: "127.0.0.1", port: Number(process.argv[2]) },
);
server.on("socketError", () => {}); // a client that cuts its connection is none of the server's troubles
server.on("serverError", (error) => {
  throw error;
});
server.on("initialized", () => say({ port: Number(process.argv[2]) }));

for await (const line of lines) {
  const { put, held } = JSON.parse(line);
  if (put) write(put.unit, put.table, put.address, put.value);
  say(held ? { value: read(held.unit, held.table, held.address) } : {});
}
process.exit(0);
