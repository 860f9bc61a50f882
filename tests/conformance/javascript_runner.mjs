// Runs a printed model: node javascript_runner.mjs MODULE INPUTS.json OUT
// INPUTS.json is a list with the inputs of each member; OUT gets all values as raw doubles, member
// by member, output by output.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , module, inputs, out] = process.argv;
const create = (await import(pathToFileURL(module).href)).default;
const model = create();
const members = JSON.parse(readFileSync(inputs, "utf8"));
const parts = [];
for (const member of members) {
  const results = model.run(member);
  for (const output of model.names.outputs) parts.push(Buffer.from(results[output.name].buffer));
}
writeFileSync(out, Buffer.concat(parts));
