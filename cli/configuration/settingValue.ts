import { isScalar, isSeq, type Node } from 'yaml';
import type { Setting } from './setting.js';

/** The text that a value of the file has as a variable; null: what it must be. */
type Converted = { readonly text: string } | { readonly mustBe: string };

/** Turns a value of the file into the text that its variable would have. */
export function settingValue({ form }: Setting, node: Node): Converted {
  switch (form.kind) {
    case 'text':
      return isScalar(node) && typeof node.value === 'string'
        ? { text: node.value }
        : { mustBe: 'a text; put it in quotes' };
    case 'number':
      // As it is written: large numbers of bytes are exact.
      return isScalar(node) && typeof node.value === 'number' && /^-?\d+$/.test(node.source ?? '')
        ? { text: node.source ?? '' }
        : { mustBe: 'a whole number' };
    case 'switch':
      return isScalar(node) && typeof node.value === 'boolean'
        ? { text: node.value ? form.on : form.off }
        : { mustBe: 'true or false' };
    case 'list': {
      const texts = isSeq(node) ? node.items.map((item) => (isScalar(item) ? item.value : null)) : [null];
      return texts.every((item) => typeof item === 'string' && item !== '' && !item.includes(','))
        ? { text: texts.join(',') }
        : { mustBe: 'a list of texts without commas' };
    }
    case 'maps':
      return isSeq(node) ? { text: JSON.stringify(node.toJSON()) } : { mustBe: 'a list' };
  }
}
