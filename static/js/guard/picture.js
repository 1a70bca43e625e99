// A picture instead of the camera: the same reader, looked at hard, first whole, then small.
import { pixelsOf } from "./pixels.js";

const SIDES = [1600, 800];

// Returns the text of the code in a picture file, or null; throws when the file is no picture.
export async function readPicture(file, reader) {
  const bitmap = await createImageBitmap(file);
  try {
    for (const most of SIDES) {
      const text = await reader.read(pixelsOf(bitmap, bitmap.width, bitmap.height, { most }), true);
      if (text !== null) return text;
    }
    return null;
  } finally {
    bitmap.close();
  }
}
