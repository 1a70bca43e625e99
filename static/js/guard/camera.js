// The camera: small square frames for the reader, one after the other. The middle of the picture is enough, since that is
// where the code is held; every sixth frame is taken whole and looked at harder.
import { pixelsOf } from "./pixels.js";

const SIDE = 560;
const EVERY = 6;
const PAUSE_MS = 60;
const WANTED = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };

export class Camera {
  stream = null; isPaused = false; frames = 0; lock = null;

  constructor({ video, reader, found }) {
    Object.assign(this, { video, reader, found });
  }

  // Throws what getUserMedia throws; TypeError where the browser has no camera to give (no HTTPS).
  async start() {
    if (this.stream?.getTracks().some((track) => track.readyState === "ended")) this.stop();
    if (this.stream) return void this.stayAwake();
    this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
    this.video.srcObject = this.stream;
    await this.video.play();
    this.stayAwake();
    this.look();
  }

  // A phone that falls asleep stops its clock as well; the lock is lost whenever the page is hidden.
  async stayAwake() {
    if (!this.lock || this.lock.released) this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.lock?.release();
    [this.stream, this.lock, this.video.srcObject] = [null, null, null];
  }

  // Returns the text of the code in the picture of this moment, or null; a frame that cannot be read is not the last one.
  async frame() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || this.isPaused || document.hidden) return null;
    const whole = (this.frames += 1) % EVERY === 0;
    performance.clearMarks("frame");
    performance.mark("frame");
    const pixels = pixelsOf(this.video, width, height, whole ? {} : { crop: true, most: SIDE });
    return this.reader.read(pixels, whole).catch(() => null);
  }

  async look() {
    const { stream } = this;
    while (stream && stream === this.stream) {
      const text = await this.frame();
      if (text !== null && !this.isPaused && stream === this.stream) await this.found(text);
      await new Promise((go) => { setTimeout(go, PAUSE_MS); });
    }
  }
}
