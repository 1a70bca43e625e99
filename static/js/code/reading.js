// Reading QR codes in pictures: zxing as WebAssembly, served by us, fetched when it is first needed.
let reader;

async function load(wasm) {
  const found = await import("../../zxing/reader/index.js");
  found.prepareZXingModule({ overrides: { locateFile: () => wasm } });
  return found.readBarcodes;
}

// Returns the text of a QR code in a picture (ImageData or Blob), or "".
export async function readCode(picture, wasm) {
  reader ??= load(wasm).catch((error) => { reader = undefined; throw error; });
  const [found] = await (await reader)(picture, { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true });
  return found?.text ?? "";
}
