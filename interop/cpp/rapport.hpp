// One JSON line per case: what the suite reads from every driver, whatever its language.
#pragma once
#include <deque>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

inline const std::string MAGASIN = "759999014";
inline const time_t MATIN = 1706691600; // 2024-01-31T09:00:00Z

// An optional field is a pointer: the value lives as long as the program.
template <class T> T *garde(T valeur) {
    static std::deque<T> gardes;
    gardes.push_back(valeur);
    return &gardes.back();
}

inline std::string *texte(const char *valeur) { return garde(std::string(valeur)); }

template <class V, class A> void egal(const char *quoi, const V &vu, const A &attendu) {
    if (vu == attendu) return;
    std::ostringstream phrase;
    phrase << quoi << ": " << vu << " au lieu de " << attendu;
    throw std::runtime_error(phrase.str());
}

inline std::string json(const std::string &texte) {
    std::string ecrit = "\"";
    for (char lettre : texte) {
        if (lettre == '"' || lettre == '\\') ecrit += '\\';
        ecrit += (static_cast<unsigned char>(lettre) < ' ') ? ' ' : lettre;
    }
    return ecrit + '"';
}

inline void cas(const char *dialecte, const std::string &chemin, const std::string &operation, const char *nom,
                const std::function<void()> &appel) {
    std::string detail;
    try {
        appel();
    } catch (const std::exception &erreur) {
        detail = erreur.what();
    }
    std::cout << "{\"dialecte\": " << json(dialecte) << ", \"chemin\": " << json(chemin) << ", \"operation\": "
              << json(operation) << ", \"cas\": " << json(nom) << ", \"ok\": " << (detail.empty() ? "true" : "false")
              << ", \"detail\": " << json(detail) << "}" << std::endl;
}

// What the stack says when a call fails.
template <class Client> std::runtime_error echec(Client &client) {
    std::ostringstream phrase;
    client.soap_stream_fault(phrase);
    return std::runtime_error("erreur: " + phrase.str());
}

// SOAP 1.1 says `detail`, SOAP 1.2 `Detail`.
template <class Client> const SOAP_ENV__Detail *detail_de(Client &client) {
    const SOAP_ENV__Fault *faute = client.soap_fault();
    if (faute == nullptr) return nullptr;
    return faute->detail != nullptr ? faute->detail : faute->SOAP_ENV__Detail;
}
