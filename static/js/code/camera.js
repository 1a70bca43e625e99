// The back camera in a <video>, and its picture of the moment.
const WIDTH = 640;
const canvas = document.createElement("canvas");
let stream = null;

// Returns whether the camera may be used.
export async function startCamera(video, isWanted) {
  const found = await window.navigator.mediaDevices?.getUserMedia({ video: { facingMode: "environment" }, audio: false }).catch(() => null);
  if (!found) return false;
  stream = found;
  if (!isWanted()) return stopCamera(video);
  video.srcObject = found;
  video.parentElement.hidden = false;
  await video.play().catch(() => null);
  return true;
}

export function stopCamera(video) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = video.srcObject = null;
  video.parentElement.hidden = true;
  return true;
}

// Returns ImageData, or null before the first picture has come.
export function frame(video) {
  if (!stream || !video.videoWidth) return null;
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
