#!/bin/sh
# build.sh DIALECTE VERSION BASE OUT: stubs from the ?wsdl addresses, then the driver, all into OUT.
# -XadditionalHeaders makes the business header an argument of each call; -extension is for SOAP 1.2.
# JAX-WS left the JDK with Java 11: Debian's jaxws-rt.jar names the other jars it needs.
set -eu
dialecte=$1 version=$2 base=$3 out=$4
suffixe='?wsdl'
[ "$version" = 1.1 ] || suffixe='?wsdl=soap12'

stubs() {
    wsimport -quiet -extension -XadditionalHeaders -d "$out" "$@"
}

case $dialecte in
almerys)
    pilote=Almerys
    stubs -p guichet "$base/tiers-payant$suffixe"
    ;;
viamedis) # one package per namespace: what the services share is generated once and is the same
    pilote=Viamedis
    for chemin in droits prises-en-charge facturation retours authentification; do
        stubs "$base/$chemin$suffixe"
    done
    ;;
esac
javac -encoding UTF-8 -cp "$out:/usr/share/java/jaxws-rt.jar" -d "$out" Rapport.java "$pilote.java"
