// Amounts are exact: decimal strings become whole numbers of 1e-40, and nothing that is printed was ever a float.

const PLACES = 40;
const ZERO = 0n;
const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;
const MINUS = "−";

/** "-12.5" → -125n × 10^39; text that is no decimal counts as nothing. */
function amount(text) {
  const parts = DECIMAL.exec(String(text ?? "").trim());
  if (!parts || !(parts[2] + parts[3])) return ZERO;
  const digits = parts[2] + parts[3];
  const shift = PLACES - parts[3].length + Number(parts[4] ?? 0);
  const units = shift >= 0 ? BigInt(digits + "0".repeat(shift)) : BigInt(digits.slice(0, shift) || "0");
  return parts[1] === "-" ? -units : units;
}

function magnitude(units) {
  return units < ZERO ? -units : units;
}

/** Write an amount with two decimals, or as many more as it has; numbers of trades have none. */
function written(units, measure, signed = false) {
  const digits = magnitude(units).toString().padStart(PLACES + 1, "0");
  const grouped = digits.slice(0, -PLACES).replace(/\B(?=(\d{3})+$)/g, ",");
  const decimals = digits.slice(-PLACES).replace(/0+$/, "");
  const sign = units < ZERO ? MINUS : signed ? "+" : "";
  return `${sign}${grouped}${measure === "trades" ? "" : `.${decimals.padEnd(2, "0")}`}`;
}

/** The nearest float: for areas and lengths alone. */
function drawn(units) {
  return Number(units / 10n ** BigInt(PLACES - 6)) / 1e6;
}

/** A few characters for a narrow area; the exact amount is told beside it. */
function short(units, measure) {
  const size = Math.abs(drawn(units));
  const [unit, word] = size >= 1e9 ? [1e9, " bn"] : size >= 1e6 ? [1e6, " M"] : size >= 1e4 ? [1e3, " k"] : [1, ""];
  if (unit === 1) return written(units, measure);
  return `${units < ZERO ? MINUS : ""}${(size / unit).toFixed(2)}${word}`;
}
