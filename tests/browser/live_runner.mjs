// Runs the states of a live page: node live_runner.mjs MODEL.js CORE.js DATA.json STATES.json OUT
// OUT gets the values of each output as raw doubles, state by state.
import { readFileSync, writeFileSync } from "node:fs";

const [, , model, core, dataFile, statesFile, out] = process.argv;
const text = (path) => readFileSync(path, "utf8");
const made = new Function(`${text(model)}\n${text(core)}\nreturn { makeEngine, scoreAll, createModel, createSchedule };`)();
const data = JSON.parse(text(dataFile));
const { preset, outputs, states } = JSON.parse(text(statesFile));
const engine = made.makeEngine(data, made.createModel, made.createSchedule);
const parts = [];
const scores = [];
for (const values of states) {
  const results = engine.run({ preset, values });
  for (const name of outputs) parts.push(Buffer.from(results[name].buffer));
  scores.push(made.scoreAll(data, engine.years, results));
}
writeFileSync(out, Buffer.concat(parts));
console.log(JSON.stringify(scores));
