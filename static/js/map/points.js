// What /map/points.json holds, unpacked: one object for each place. portal/pages/packing.py is the other side.
const ID = 10;

function numbers(text, count) {
  const width = text.length / count;
  return (row) => (width ? Number.parseInt(text.slice(row * width, (row + 1) * width), 36) : 0);
}

// Each line takes as many characters from the end of the name before as its first digit says.
function unfold(text) {
  let before = [];
  return text.split("\n").map((line) => {
    const shared = Number.parseInt(line[0], 36);
    const name = line.slice(1) + before.slice(before.length - shared).join("");
    before = Array.from(name);
    return name;
  });
}

// "x630o810x": the code of the state at the start, then minute and code of each change.
function steps(text) {
  const changes = [...text.slice(1).matchAll(/(\d+)([a-z])/g)];
  return [[0, text[0]], ...changes.map(([, minute, code]) => [Number(minute), code])];
}

function spotsOf(packed, data, courses) {
  const count = packed.ids.length / ID;
  const [lat, lng, roughly, district, course, price] = ["lat", "lng", "roughly", "district", "course", "price"]
    .map((field) => numbers(packed[field], count));
  return unfold(packed.names).map((name, row) => {
    const id = packed.ids.slice(row * ID, (row + 1) * ID);
    return {
      id, name, kind: packed.kind, url: packed.url.replace("*", id),
      lat: (data.origin[0] + lat(row)) / data.scale, lng: (data.origin[1] + lng(row)) / data.scale,
      roughly: roughly(row) === 1, price: packed.prices[price(row)],
      district: data.districts[district(row)], course: courses[course(row)],
    };
  });
}

function unpack(data) {
  const courses = data.courses.map((text) => ({ steps: steps(text) }));
  const spots = data.kinds.flatMap((packed) => spotsOf(packed, data, courses));
  return { from: data.from, minutes: data.minutes, courses, spots };
}

// The points, null when they are the same as before; `tag` is that of the answer before.
export async function fetchPoints(url, tag) {
  const answer = await fetch(url, { cache: "no-cache" });
  if (!answer.ok) throw new Error(String(answer.status));
  const now = answer.headers.get("ETag");
  if (tag && now === tag) return null;
  return { ...unpack(await answer.json()), tag: now };
}
