// Sends what waits, oldest first, up to 500 a batch. Lost lines are tried again with growing, random pauses; a batch that
// the server cannot take is halved until the row at fault stands alone and is set aside, visible.
import * as queue from "./queue.js";

const [OF_ROWS, MOST, FIRST_MS, LONGEST_MS] = [[400, 413, 422], 500, 2000, 300_000];

export class Sender {
  constructor({ post, desk, later = (work, ms) => setTimeout(work, ms), random = Math.random }) {
    Object.assign(this, { post, desk, later, random, failures: 0, size: MOST, timer: null, running: null });
  }

  // Counts afresh what waits and what was set aside.
  async count() {
    const all = await queue.entries();
    const rows = all.filter(({ state }) => state === "waiting").map(({ row }) => row);
    Object.assign(this.desk, { waiting: rows.length, quarantined: all.length - rows.length });
    this.desk.tell();
    return rows;
  }

  // One at a time; what was added while one is on its way is counted at once and goes with the next round.
  flush() {
    if (this.running) this.count();
    this.running ??= this.run().finally(() => { this.running = null; });
    return this.running;
  }

  async run() {
    for (let rows = await this.count(); rows.length && !this.desk.unregistered; rows = await this.count()) {
      const batch = rows.slice(0, this.size);
      try {
        const { answers = [], now_ms: now } = await this.post("/guard/passes/", { rows: batch, waiting: rows.length });
        this.desk.reached(true, now);
        if (!(await queue.settle(answers))) return void this.retry();
        Object.assign(this, { failures: 0, size: MOST });
      } catch (failure) {
        if (!(await this.bear(failure, batch))) return;
      }
    }
  }

  // Says whether to go on at once. A wall on the way, or a server under repair, says 403 or 404 too: that is no word on rows.
  async bear(failure, batch) {
    if (failure.status === undefined) throw failure;
    this.desk.reached(failure.status !== 0 && this.desk.isReached);
    if (failure.status === 401) this.desk.unregistered = failure.say || failure.code;
    const isOfRows = OF_ROWS.includes(failure.status);
    if (isOfRows && batch.length > 1) this.size = Math.ceil(batch.length / 2);
    else if (!isOfRows || !failure.code) return failure.status !== 401 && this.retry();
    else await queue.settle([{ id: batch[0].id, outcome: "quarantined", reasons: [failure.say || failure.message] }]);
    return true;
  }

  retry() {
    clearTimeout(this.timer);
    this.timer = this.later(() => this.flush(), Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures) * (0.5 + this.random()));
    this.failures += 1;
    return false;
  }
}
