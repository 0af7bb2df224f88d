import qrcode from 'qrcode';
import type { DrawQrCode } from '../usecases/ports.js';

/** QR codes with qrcode. */
export const drawQrCode: DrawQrCode = (text) => qrcode.toString(text, { type: 'svg' });
