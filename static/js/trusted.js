// The one Trusted Types policy of the code pages (a page may make it only once): nothing but the address of a worker of ours
// may become code.
const WORKERS = /^\/(code|guard)\/(sw|reader)\.js$/;

function ofAWorker(address) {
  const url = new URL(address, window.location.href);
  if (url.origin !== window.location.origin || !WORKERS.test(url.pathname)) throw new TypeError("Only a worker's own address.");
  return url.href;
}

export const trusted = window.trustedTypes?.createPolicy("nuanxin", { createScriptURL: ofAWorker }) ?? { createScriptURL: ofAWorker };
