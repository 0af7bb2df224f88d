/**
 * A float as text that both YAML 1.1 and JSON take for a float: 1.0, -0.0, 1.0e+21. PyYAML reads an exponent only after
 * a point and with its sign.
 */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  if (text.includes('e')) return text.includes('.') ? text : text.replace('e', '.0e');
  return text.includes('.') ? text : `${text}.0`;
}
