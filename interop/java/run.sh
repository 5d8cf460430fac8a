#!/bin/sh
# run.sh DIALECTE VERSION BASE OUT
set -eu
case $1 in
almerys) pilote=Almerys ;;
viamedis) pilote=Viamedis ;;
esac
exec java -Dfile.encoding=UTF-8 -cp "$4:/usr/share/java/jaxws-rt.jar" "$pilote" "$2" "$3"
