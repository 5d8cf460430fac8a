#!/bin/sh
# build.sh DIALECTE VERSION BASE OUT: stubs from the ?wsdl addresses, then the driver, all into OUT.
# Given together, the five services share their common types.
set -eu
dialecte=$1 version=$2 base=$3 out=$4
suffixe='?wsdl' protocole=SOAP
[ "$version" = 1.1 ] || { suffixe='?wsdl=soap12' protocole=SOAP12; }

case $dialecte in
almerys)
    pilote=Almerys chemins=tiers-payant
    ;;
viamedis)
    pilote=Viamedis chemins='droits prises-en-charge facturation retours authentification'
    ;;
esac
adresses=
for chemin in $chemins; do
    adresses="$adresses $base/$chemin$suffixe"
done
# shellcheck disable=SC2086 # one argument per address
wsdl /nologo /protocol:$protocole /namespace:Stubs /out:"$out/Stubs.cs" $adresses
mcs -nologo -r:System.Web.Services -out:"$out/pilote.exe" "$out/Stubs.cs" Rapport.cs "$pilote.cs"
