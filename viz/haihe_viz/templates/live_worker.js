/* The worker: reruns the futures after each move, and drops what a newer move made stale. */
let engine = null;
let data = null;
let wanted = null;
let busy = false;
const SLICE = 10;
const door = new MessageChannel();
door.port1.onmessage = () => advance();
const rest = () => door.port2.postMessage(0);

let job = null;
function advance() {
  if (wanted) {
    job = { ticket: wanted.ticket, state: wanted.state, next: 0, all: makeGatherer(data, engine.years) };
    wanted = null;
  }
  if (!job) {
    busy = false;
    return;
  }
  const stop = Math.min(job.next + SLICE, engine.futures);
  try {
    for (; job.next < stop; job.next++) job.all.add(engine.run(job.state, job.next));
  } catch (error) {
    postMessage({ ticket: job.ticket, error: String(error.message) });
    job = null;
  }
  if (job && job.next === engine.futures) {
    postMessage({ ticket: job.ticket, ...job.all.finish() });
    job = null;
  }
  // Through the message queue, so that a newer move is heard between two slices.
  rest();
}

onmessage = (event) => {
  if (event.data.data) {
    data = event.data.data;
    engine = makeEngine(data, createModel, createSchedule);
    postMessage({ ready: engine.futures });
    return;
  }
  wanted = event.data;
  if (!busy) {
    busy = true;
    rest();
  }
};
