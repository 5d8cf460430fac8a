// One JSON line per case: what the suite reads from every driver, whatever its language.
'use strict';
const assert = require('node:assert');

function egal(quoi, vu, attendu) {
  try {
    assert.deepStrictEqual(vu, attendu);
  } catch {
    throw new Error(`${quoi}: ${JSON.stringify(vu)} au lieu de ${JSON.stringify(attendu)}`);
  }
}

async function cas(dialecte, chemin, operation, nom, appel) {
  let [ok, detail] = [true, ''];
  try {
    await appel();
  } catch (erreur) {
    [ok, detail] = [false, String(erreur.message ?? erreur).slice(0, 500)];
  }
  console.log(JSON.stringify({ dialecte, chemin, operation, cas: nom, ok, detail }));
}

// Runs a call that must fail and gives what its typed fault carries: SOAP 1.1 says `detail`, SOAP 1.2 `Detail`.
async function detailDeLaFaute(element, appel) {
  try {
    await appel();
  } catch (erreur) {
    const faute = erreur.root?.Envelope?.Body?.Fault;
    const detail = faute?.detail ?? faute?.Detail;
    if (!detail?.[element]) throw erreur;
    return detail[element];
  }
  throw new Error('aucune faute');
}

module.exports = { egal, cas, detailDeLaFaute };
