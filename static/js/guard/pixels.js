// Pixels for the reader: a picture or a frame of the camera, made small; `crop` takes the square in the middle.
const WHOLE = 960;
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
