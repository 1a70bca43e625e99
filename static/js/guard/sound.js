// A sound and a shake for each word, made on the spot: two rising tones, two equal ones, one long low one.
const TONES = {
  go: [[660, 0, 0.12], [990, 0.13, 0.2]],
  wait: [[520, 0, 0.14], [520, 0.22, 0.14]],
  no: [[180, 0, 0.6]],
};
const SHAKES = { go: [80], wait: [70, 90, 70], no: [350, 100, 350] };
let audio = null;

// Browsers give sound only after a touch: call this in one.
export function unlockSound() {
  audio ??= window.AudioContext ? new AudioContext() : null;
  if (audio?.state === "suspended") audio.resume().catch(() => null);
}

function tone([pitch, from, length], word) {
  const [oscillator, gain] = [audio.createOscillator(), audio.createGain()];
  const start = audio.currentTime + from;
  oscillator.type = word === "no" ? "square" : "sine";
  oscillator.frequency.value = pitch;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + length);
}

export function sound(word) {
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(SHAKES[word]);
  if (audio?.state === "running") TONES[word].forEach((one) => tone(one, word));
}
