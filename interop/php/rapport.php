<?php
// One JSON line per case: what the suite reads from every driver, whatever its language.

function egal(string $quoi, mixed $vu, mixed $attendu): void
{
    if ($vu !== $attendu) {
        throw new UnexpectedValueException("$quoi: " . json_encode($vu) . ' au lieu de ' . json_encode($attendu));
    }
}

function cas(string $dialecte, string $chemin, string $operation, string $cas, callable $appel): void
{
    [$ok, $detail] = [true, ''];
    try {
        $appel();
    } catch (Throwable $erreur) {
        [$ok, $detail] = [false, get_class($erreur) . ': ' . $erreur->getMessage()];
    }
    $ligne = compact('dialecte', 'chemin', 'operation', 'cas', 'ok', 'detail');
    echo json_encode($ligne, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

// Runs a call that must fail and gives what its typed fault carries.
function detail_de_la_faute(string $element, callable $appel): object
{
    try {
        $appel();
    } catch (SoapFault $faute) {
        if (isset($faute->detail->$element)) {
            return $faute->detail->$element;
        }
        throw $faute;
    }
    throw new UnexpectedValueException('aucune faute');
}
