// The page's end of the reading worker. One question at a time is enough: a frame that is late is worth nothing.
import { trusted } from "../trusted.js";

export class Reader {
  waiting = new Map();
  last = 0;

  constructor({ script, wasm }) {
    this.worker = new Worker(trusted.createScriptURL(script), { type: "module" });
    this.worker.addEventListener("message", ({ data: { id, value, error } }) => {
      const { resolve, reject } = this.waiting.get(id) ?? {};
      this.waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(value);
    });
    this.worker.addEventListener("error", () => {
      for (const { reject } of this.waiting.values()) reject(new Error("the reader did not start"));
      this.waiting.clear();
    });
    this.ready = this.ask({ deed: "wake", wasm });
  }

  ask(message, transfer = []) {
    this.last += 1;
    const id = this.last;
    const answer = new Promise((resolve, reject) => { this.waiting.set(id, { resolve, reject }); });
    this.worker.postMessage({ id, ...message }, transfer);
    return answer;
  }

  // Returns the text of the code in an ImageData, or null.
  read(pixels, hard = false) {
    const { data, width, height } = pixels;
    return this.ask({ deed: "read", data: data.buffer, width, height, hard }, [data.buffer]);
  }
}
