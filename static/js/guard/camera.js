// The camera: small square frames for the reader, one after the other. The middle of the picture is enough, since that is
// where the code is held; every sixth frame is taken whole and looked at harder.
const SIDE = 560;
const WHOLE = 960;
const EVERY = 6;
const PAUSE_MS = 60;
const WANTED = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };
const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { willReadFrequently: true });

export function pixelsOf(source, width, height, { crop = false, most = WHOLE } = {}) {
  const cut = crop ? Math.min(width, height) : 0;
  const [w, h] = crop ? [cut, cut] : [width, height];
  const scale = Math.min(1, most / Math.max(w, h));
  [canvas.width, canvas.height] = [Math.round(w * scale), Math.round(h * scale)];
  context.drawImage(source, (width - w) / 2, (height - h) / 2, w, h, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

export class Camera {
  stream = null; isPaused = false; frames = 0; lock = null;

  constructor({ video, reader, found }) {
    Object.assign(this, { video, reader, found });
  }

  // Throws what getUserMedia throws; TypeError where the browser has no camera to give (no HTTPS).
  async start() {
    if (this.stream) return;
    this.stream = await navigator.mediaDevices.getUserMedia(WANTED);
    this.video.srcObject = this.stream;
    await this.video.play();
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
    this.look();
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.lock?.release();
    [this.stream, this.lock, this.video.srcObject] = [null, null, null];
  }

  async look() {
    await this.reader.ready;
    for (const stream = this.stream; stream && stream === this.stream;) {
      const { videoWidth: width, videoHeight: height } = this.video;
      if (width && !this.isPaused && !document.hidden) {
        const whole = (this.frames += 1) % EVERY === 0;
        performance.mark("frame");
        const text = await this.reader.read(pixelsOf(this.video, width, height, whole ? {} : { crop: true, most: SIDE }), whole);
        if (text !== null && !this.isPaused && stream === this.stream) await this.found(text);
      }
      await new Promise((go) => { setTimeout(go, PAUSE_MS); });
    }
  }
}
