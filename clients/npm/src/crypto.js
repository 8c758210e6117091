/** Web Crypto. Node 18 has it only as a module; the name in a variable keeps bundlers for browsers from following it. */
export async function webCrypto() {
  const module = "node:crypto";
  return globalThis.crypto ?? (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)).webcrypto;
}
