#!/bin/sh
# build.sh DIALECTE VERSION BASE OUT: stubs from the ?wsdl addresses, then the driver, all into OUT.
# typemap.dat only gives the namespaces readable prefixes; the SOAP version is that of the binding.
set -eu
dialecte=$1 version=$2 base=$3 out=$4
suffixe='?wsdl'
[ "$version" = 1.1 ] || suffixe='?wsdl=soap12'

case $dialecte in
almerys) chemins=tiers-payant ;;
viamedis) chemins='droits prises-en-charge facturation retours authentification' ;;
esac
ici=$PWD
adresses=
for chemin in $chemins; do
    adresses="$adresses $base/$chemin$suffixe"
done
cd "$out"
# shellcheck disable=SC2086 # one argument per address
wsdl2h -t "$ici/typemap.dat" -o stubs.h $adresses 2>wsdl2h.log || { cat wsdl2h.log; exit 1; }
soapcpp2 -C -j -L -x -w stubs.h >soapcpp2.log 2>&1 || { cat soapcpp2.log; exit 1; }
g++ -std=c++17 -O0 -w -I. -I"$ici" -o pilote "$ici/$dialecte.cpp" soapC.cpp soap*Proxy.cpp -lgsoap++
