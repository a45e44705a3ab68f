// An OPC UA server of another maker (node-opcua), as the tests want it.
//
//   node opcua.mjs FOLDER PORT
//
// The first line in is JSON: {namespaces: [uri, …], nodes: [{id, type, value, status}, …]}; the nodes stand in the last
// namespace. The first line out is {"port": …} once it listens. Further lines in are commands, each answered by one line:
//   {"put": {id, value, status}}   a node's value and status
//   {"reload": true}               the folders of trusted and rejected certificates are read anew
//   {"forget": true}               every session is closed, the connections stay
// The end of the input ends the server.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// What the library logs must not stand among our answers.
for (const name of ["debug", "info", "log", "warn"]) console[name] = console.error;

// The packages stand in a cache folder, not beside this file.
const require = createRequire(join(process.env.INTEROP_MODULES, "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { OPCUAServer } = await load("node-opcua-server");
const { OPCUACertificateManager } = await load("node-opcua-certificate-manager");
const { MessageSecurityMode, SecurityPolicy } = await load("node-opcua-secure-channel");
const { DataType, VariantArrayType } = await load("node-opcua-variant");
const { StatusCodes } = await load("node-opcua-status-code");

const [folder, port] = process.argv.slice(2);
const [USER, PASSWORD] = ["gradewatch", "correct horse"];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const { namespaces, nodes } = JSON.parse((await lines.next()).value);
const serverCertificateManager = new OPCUACertificateManager({
  rootFolder: join(folder, "pki"),
  automaticallyAcceptUnknownCertificate: false,
});
await serverCertificateManager.initialize();

const server = new OPCUAServer({
  port: Number(port),
  hostname: "127.0.0.1",
  serverInfo: { applicationUri: "urn:interop:plc" },
  serverCertificateManager,
  securityPolicies: [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss],
  securityModes: [MessageSecurityMode.SignAndEncrypt],
  allowAnonymous: false,
  userManager: { isValidUser: (user, password) => user === USER && password === PASSWORD },
});
await server.initialize();

const sessions = new Set();
server.on("create_session", (session) => sessions.add(session));
server.on("session_closed", (session) => sessions.delete(session));

const space = server.engine.addressSpace;
const { index } = namespaces.map((uri) => space.registerNamespace(uri)).at(-1);
const variables = new Map();
const hold = ({ id, value, status }) => {
  const { variable, type } = variables.get(id);
  // This library has 64 bits as two words of 32.
  const words = type === "Int64" ? [0, value] : value;
  const variant = { dataType: DataType[type], arrayType: VariantArrayType.Scalar, value: words };
  variable.setValueFromSource(variant, StatusCodes[status]);
};
for (const { id, type, value, status } of nodes) {
  const variable = space.getNamespace(index).addVariable({
    organizedBy: space.rootFolder.objects,
    nodeId: `ns=${index};s=${id}`,
    browseName: id,
    dataType: DataType[type],
  });
  variables.set(id, { variable, type });
  hold({ id, value, status });
}
await server.start();
say({ port: server.endpoints[0].port });

for await (const line of lines) {
  const { put, reload, forget } = JSON.parse(line);
  if (put) hold(put);
  if (reload) await serverCertificateManager.reloadCertificates();
  if (forget) for (const session of sessions) server.engine.closeSession(session.authenticationToken, true, "Timeout");
  say({ done: true });
}
await server.shutdown();
