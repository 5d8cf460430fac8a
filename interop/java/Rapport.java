import java.util.Objects;
import java.util.concurrent.Callable;

/** One JSON line per case: what the suite reads from every driver, whatever its language. */
final class Rapport {
    private final String dialecte;

    Rapport(String dialecte) {
        this.dialecte = dialecte;
    }

    interface Appel {
        void faire() throws Exception;
    }

    static void egal(String quoi, Object vu, Object attendu) {
        if (!Objects.equals(vu, attendu)) {
            throw new IllegalStateException(quoi + ": " + vu + " au lieu de " + attendu);
        }
    }

    void cas(String chemin, String operation, String cas, Appel appel) {
        String detail = "";
        boolean ok = true;
        try {
            appel.faire();
        } catch (Exception erreur) {
            ok = false;
            detail = String.valueOf(erreur);
        }
        System.out.printf("{\"dialecte\": %s, \"chemin\": %s, \"operation\": %s, \"cas\": %s, \"ok\": %s, \"detail\": %s}%n",
            json(dialecte), json(chemin), json(operation), json(cas), ok, json(detail));
    }

    /** The exception of a call that must fail. */
    static Exception faute(Callable<?> appel) {
        try {
            appel.call();
        } catch (Exception erreur) {
            return erreur;
        }
        throw new IllegalStateException("aucune faute");
    }

    private static String json(String texte) {
        StringBuilder ecrit = new StringBuilder("\"");
        for (char lettre : texte.toCharArray()) {
            if (lettre == '"' || lettre == '\\') {
                ecrit.append('\\').append(lettre);
            } else {
                ecrit.append(lettre < ' ' ? ' ' : lettre);
            }
        }
        return ecrit.append('"').toString();
    }
}
