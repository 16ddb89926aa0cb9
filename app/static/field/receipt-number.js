/** The receipt number, the same one as the server's: known before and after sending. */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 8 Crockford base32 characters: the top 40 bits of SHA-256 over the uuid's 16 bytes. */
export async function receiptNumber(uuid) {
  const bytes = Uint8Array.from(uuid.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  let bits = digest.subarray(0, 5).reduce((all, byte) => all * 256 + byte, 0);
  let text = "";
  for (let i = 0; i < 8; i += 1) {
    text = ALPHABET[bits % 32] + text;
    bits = Math.floor(bits / 32);
  }
  return text;
}
