#!/bin/sh
# "JAX-WS RI 2.3.0 on Java 17"
jaxws=$(wsimport -version 2>&1 | tr -d '"' | sed 's/.*version //')
java=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
echo "JAX-WS RI $jaxws on Java $java"
