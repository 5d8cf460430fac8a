using System;
using System.Linq;
using System.Text;
using System.Web.Services.Protocols;
using System.Xml;

/// <summary>One JSON line per case: what the suite reads from every driver, whatever its language.</summary>
static class Rapport
{
    public const string Magasin = "759999014";
    public static string Dialecte;

    public static void Egal(string quoi, object vu, object attendu)
    {
        if (!Equals(vu, attendu))
            throw new InvalidOperationException(quoi + ": " + vu + " au lieu de " + attendu);
    }

    public static void Cas(string chemin, string operation, string cas, Action appel)
    {
        var detail = "";
        try
        {
            appel();
        }
        catch (Exception erreur)
        {
            detail = erreur.GetType().Name + ": " + erreur.Message;
        }
        var champs = new[] { Dialecte, chemin, operation, cas, detail }.Select(Json).ToArray();
        Console.WriteLine(
            "{{\"dialecte\": {0}, \"chemin\": {1}, \"operation\": {2}, \"cas\": {3}, \"ok\": {4}, \"detail\": {5}}}",
            champs[0], champs[1], champs[2], champs[3], detail == "" ? "true" : "false", champs[4]);
    }

    /// <summary>
    /// The call must fail with the typed fault `element`: its fields are what is expected. The element is looked up
    /// with its namespace: by its bare name the stack would find it only when it has no prefix.
    /// </summary>
    public static void Refuse(string element, string espace, string[] champs, string[] attendus, Action appel)
    {
        XmlElement detail;
        try
        {
            appel();
            throw new InvalidOperationException("aucune faute");
        }
        catch (SoapException faute)
        {
            detail = faute.Detail == null ? null : faute.Detail[element, espace];
            if (detail == null)
                throw;
        }
        for (var rang = 0; rang < champs.Length; rang++)
            Egal(champs[rang], detail[champs[rang], espace].InnerText, attendus[rang]);
    }

    static string Json(string texte)
    {
        var ecrit = new StringBuilder("\"");
        foreach (var lettre in texte)
        {
            if (lettre == '"' || lettre == '\\')
                ecrit.Append('\\').Append(lettre);
            else
                ecrit.Append(lettre < ' ' ? ' ' : lettre);
        }
        return ecrit.Append('"').ToString();
    }
}
