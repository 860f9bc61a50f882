// Random numbers, and the normal distribution: printed where a model needs them. The bits of a draw
// are those of draws.py; PHI and QUANTILE are printed before this text.

const whole = new Float64Array(1);
const words = new Uint32Array(whole.buffer);
const MIDDLE = new Uint32Array(new Float64Array([1]).buffer)[1] === 0x3ff00000 ? 1 : 0;
const counter = new Uint32Array(4);

// The high word of a product of two words.
function highWord(a, b) {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const one = ah * bl + ((al * bl) >>> 16);
  const two = al * bh + (one & 0xffff);
  return (ah * bh + (one >>> 16) + (two >>> 16)) >>> 0;
}

// A number between 0 and 1, both left out.
function draw(at, low, high, noise) {
  whole[0] = noise + 6755399441055744;
  const salt = words[1 - MIDDLE];
  let c0 = at;
  let c1 = member;
  let c2 = low;
  let c3 = (high ^ salt) >>> 0;
  let k0 = seedLow;
  let k1 = seedHigh;
  for (let round = 0; round < 10; round++) {
    const a = highWord(0xd2511f53, c0);
    const b = highWord(0xcd9e8d57, c2);
    const lowA = Math.imul(0xd2511f53, c0) >>> 0;
    const lowB = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (b ^ c1 ^ k0) >>> 0;
    c2 = (a ^ c3 ^ k1) >>> 0;
    c1 = lowB;
    c3 = lowA;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  words[MIDDLE] = 0x3ff00000 | (c0 >>> 12);
  words[1 - MIDDLE] = c1;
  return whole[0] - 0.99999999999999988898;
}

function polynomial(x, terms) {
  let value = 0;
  for (let k = terms.length - 1; k >= 0; k--) value = value * x + terms[k];
  return value;
}

// Share of the standard normal distribution below x.
function normalShare(x) {
  const size = Math.min(Math.abs(x), 40);
  const curve = polynomial((size - 5) / (size + 5), PHI) / (size + 1);
  const tail = Math.exp(-0.5 * (size * size)) * curve;
  return x > 0 ? 1 - tail : tail;
}

// Where the standard normal distribution has this share below.
function normalPlace(share) {
  const side = share - 0.5;
  const ratio = (x, k) => polynomial(x, QUANTILE[k]) / polynomial(x, QUANTILE[k + 1]);
  if (Math.abs(side) <= 0.425) return side * ratio(0.180625 - side * side, 0);
  const tail = Math.min(share, 1 - share);
  if (tail === 0) return side < 0 ? -Infinity : Infinity;
  const t = Math.sqrt(-Math.log(tail));
  const size = t <= 5 ? ratio(t - 1.6, 2) : ratio(t - 5, 4);
  return side < 0 ? -size : size;
}
