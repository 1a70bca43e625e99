// A worker that reads QR codes out of pixels, so that the page stays quick on a slow phone. Nothing is fetched but our own file.
import { prepareZXingModule, readBarcodes } from "../../zxing/reader/index.js";

const FAST = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: false, tryRotate: false, tryInvert: false, tryDownscale: false, textMode: "Plain" };
const HARD = { ...FAST, tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true };

async function read({ data, width, height, hard }) {
  const pixels = new ImageData(new Uint8ClampedArray(data), width, height);
  const [found] = await readBarcodes(pixels, hard ? HARD : FAST);
  return found?.isValid ? found.text : null;
}

// Compiles the reader and runs it once: the first code shall not wait for that.
async function wake({ wasm }) {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return read({ data: new ArrayBuffer(64 * 64 * 4), width: 64, height: 64, hard: false });
}

self.addEventListener("message", async ({ data: { id, deed, ...asked } }) => {
  try {
    self.postMessage({ id, value: await (deed === "wake" ? wake(asked) : read(asked)) });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
});
