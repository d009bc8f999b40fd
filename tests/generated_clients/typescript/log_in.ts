// Logs in with the generated client at the server that is named, and goes through the v2 API.
import { createClient } from './generated/client';
import { checkToken, getVersion, logIn, mintCrossToken, revokeToken, swapCrossToken, user } from './generated';

declare const process: { argv: string[]; exitCode?: number };

const [baseUrl, email, password] = process.argv.slice(2);
const anonymous = createClient({ baseUrl });

function known(login: { access_token: string }) {
    // Asked for each scheme that an operation takes.
    return createClient({
        baseUrl,
        auth: ({ name }) => (name === 'Authorization' ? `BimPlus ${login.access_token}` : undefined),
    });
}

function expect(good: boolean, what: unknown): asserts good {
    if (!good) throw new Error(JSON.stringify(what));
}

async function main() {
    const throwOnError = true;
    const { data: first } = await logIn({
        client: anonymous,
        throwOnError,
        body: { user_id: email, password, remember_me: true, client_id: 'a device' },
    });
    expect(first.token_type === 'BimPlus' && first.remember_me === true, first);
    const { data: silent } = await logIn({
        client: anonymous,
        throwOnError,
        body: { remember_me: 'true', remember_me_token: first.remember_me_token, client_id: first.client_id },
    });
    const { data: minted } = await mintCrossToken({ client: known(silent), throwOnError });
    const { data: swapped } = await swapCrossToken({
        client: anonymous,
        throwOnError,
        body: { cross_token: minted.cross_token },
    });
    const { data: who } = await user({ client: known(swapped), throwOnError });
    const { data: token } = await checkToken({ client: known(swapped), throwOnError });
    expect(who.email === email && who.id === token.user_id, who);
    const { data: version } = await getVersion({ client: anonymous, throwOnError });
    expect(version.type === 'directoryapi', version);
    const { data: revoked } = await revokeToken({ client: known(swapped), throwOnError });
    expect(revoked.expires_in === 0, revoked);
    const dead = await checkToken({ client: known(swapped) });
    expect(dead.data === undefined && dead.error.code === 'E_InvalidToken', dead.error);
    const wrong = await logIn({ client: anonymous, body: { user_id: email, password: 'wrong' } });
    expect(wrong.data === undefined && wrong.error.error === true, wrong.error);
    console.log(who.id);
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
