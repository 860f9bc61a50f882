// The price that clears a market, printed where a model allocates: as clearing.py has it.

const REACH = { 1: 0.5, 2: 0.5, 3: 39, 4: 746, 9: 746 };

function shareAt(kind, z) {
  if (kind === 3) return normalShare(-z);
  if (kind === 4) {
    const half = 0.5 * Math.exp(-Math.abs(z));
    return z < 0 ? 1 - half : half;
  }
  if (kind !== 1 && kind !== 2) return NaN;
  const part = Math.min(Math.max(0.5 - z, 0), 1);
  if (kind === 1) return part;
  const rest = 1 - part;
  return part < 0.5 ? 2 * (part * part) : 1 - 2 * (rest * rest);
}

// `a` has kind, quantity, middle and width of each target, and then what there is.
function clearing(kinds, a) {
  let low = Infinity;
  let high = -Infinity;
  for (let k = 0; k < kinds.length; k++) {
    const reach = REACH[kinds[k]] * a[4 * k + 3];
    low = Math.min(low, a[4 * k + 2] - reach);
    high = Math.max(high, a[4 * k + 2] + reach);
  }
  const supply = a[4 * kinds.length];
  for (let halving = 0; halving < 80; halving++) {
    const price = 0.5 * (low + high);
    let taken = 0;
    for (let k = 0; k < kinds.length; k++) {
      const z = (price - a[4 * k + 2]) / a[4 * k + 3];
      taken += a[4 * k + 1] * shareAt(kinds[k] === 9 ? a[4 * k] : kinds[k], z);
    }
    if (taken > supply) low = price;
    else high = price;
  }
  return 0.5 * (low + high);
}
